package dev.plinth.acceptance.console;

import dev.plinth.server.console.CellMapState;
import dev.plinth.server.console.ConsoleSource;
import dev.plinth.server.console.Decision;
import dev.plinth.server.console.Live;
import dev.plinth.server.console.Sample;
import dev.plinth.server.console.ServerState;
import dev.plinth.server.console.TransactionDetail;
import dev.plinth.server.console.TransactionPage;
import dev.plinth.server.console.TransactionQuery;
import dev.plinth.server.console.TrustSource;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A server that nobody has used yet. */
final class EmptyHouse implements ConsoleSource {
    private final Instant startedAt = Instant.now();

    @Override
    public Live look() {
        return new Live(
                new ServerState(
                        "plinth-1",
                        "0.1.0",
                        startedAt,
                        "/var/lib/plinth",
                        List.of(new ServerState.Address("Seata", "127.0.0.1:8091"))),
                new Sample(Instant.now(), 0, 0, 0, 0, 0),
                CellMapState.none(),
                List.of(),
                List.of());
    }

    @Override
    public TrustSource trust() {
        return new NoTrust();
    }

    @Override
    public TransactionPage transactions(TransactionQuery query) {
        return new TransactionPage(List.of(), Optional.empty());
    }

    @Override
    public Decision.Outcome decide(String xid, Decision decision) {
        return Decision.Outcome.UNKNOWN_TRANSACTION;
    }

    @Override
    public Optional<TransactionDetail> transaction(String xid) {
        return Optional.empty();
    }
}
