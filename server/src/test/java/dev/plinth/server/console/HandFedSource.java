package dev.plinth.server.console;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A source that says what a test has put into it. */
final class HandFedSource implements ConsoleSource {
    static final Instant BEGIN = Instant.parse("2026-11-24T12:00:00Z");

    final List<TransactionQuery> queries = new ArrayList<>();
    final List<Decision> decisions = new ArrayList<>();
    private int seconds;
    volatile List<ServiceState> services = List.of();
    volatile List<Alert> alerts = List.of();
    volatile CellMapState cells = CellMapState.none();
    volatile List<TransactionDetail> transactions = List.of();
    volatile Optional<RuntimeException> failure = Optional.empty();
    final HandFedTrust trust = new HandFedTrust();

    /** Each look is a second later than the one before, and has one more live transaction. */
    @Override
    public Live look() {
        fail();
        seconds++;
        return new Live(
                new ServerState(
                        "plinth",
                        "0.1.0",
                        BEGIN,
                        "/var/lib/plinth",
                        List.of(new ServerState.Address("Seata", "127.0.0.1:8091"))),
                new Sample(BEGIN.plusSeconds(seconds), 100, 2, 1_500, 9_000, seconds),
                cells,
                services,
                alerts);
    }

    @Override
    public synchronized TransactionPage transactions(TransactionQuery query) {
        fail();
        queries.add(query);
        return new TransactionPage(
                transactions.stream()
                        .map(TransactionDetail::transaction)
                        .limit(query.limit())
                        .toList(),
                Optional.empty());
    }

    @Override
    public Optional<TransactionDetail> transaction(String xid) {
        fail();
        return transactions.stream()
                .filter(detail -> detail.transaction().xid().equals(xid))
                .findFirst();
    }

    /** Knows what it was given, and lets everything be decided but a rollback. */
    @Override
    public synchronized Decision.Outcome decide(String xid, Decision decision) {
        fail();
        if (transaction(xid).isEmpty()) {
            return Decision.Outcome.UNKNOWN_TRANSACTION;
        }
        if (decision.deed() == Decision.Deed.ROLLBACK) {
            return Decision.Outcome.GOES_OTHER_WAY;
        }
        decisions.add(decision);
        return Decision.Outcome.DONE;
    }

    @Override
    public TrustSource trust() {
        return trust;
    }

    private void fail() {
        failure.ifPresent(exception -> {
            throw exception;
        });
    }

    static TransactionDetail transfer(String xid) {
        return new TransactionDetail(
                new TransactionSummary(
                        xid,
                        "send-payment",
                        TransactionStatus.COMMITTED,
                        "payments",
                        BEGIN,
                        Optional.of(BEGIN.plusNanos(2_345_678)),
                        1,
                        ""),
                60_000,
                List.of(new TransactionDetail.Branch(
                        "7",
                        "accounts",
                        TransactionDetail.BranchKind.TCC,
                        BranchStatus.COMMITTED,
                        "east-1",
                        "accounts",
                        BEGIN.plusNanos(400_000),
                        Optional.empty(),
                        List.of("account:42"),
                        "",
                        "")),
                List.of(new TransactionDetail.Event(
                        BEGIN, TransactionDetail.EventKind.BEGUN, Optional.empty(), "by payments")));
    }
}
