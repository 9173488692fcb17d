package dev.plinth.acceptance.console;

import dev.plinth.server.console.Alert;
import dev.plinth.server.console.BranchStatus;
import dev.plinth.server.console.CellMapState;
import dev.plinth.server.console.ConsoleSource;
import dev.plinth.server.console.Decision;
import dev.plinth.server.console.Live;
import dev.plinth.server.console.Sample;
import dev.plinth.server.console.ServerState;
import dev.plinth.server.console.ServiceState;
import dev.plinth.server.console.TransactionDetail;
import dev.plinth.server.console.TransactionDetail.Branch;
import dev.plinth.server.console.TransactionDetail.Event;
import dev.plinth.server.console.TransactionDetail.EventKind;
import dev.plinth.server.console.TransactionPage;
import dev.plinth.server.console.TransactionQuery;
import dev.plinth.server.console.TransactionStatus;
import dev.plinth.server.console.TransactionSummary;
import dev.plinth.server.console.TrustSource;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** An invented bank of two cells: figures and transactions such as a real one has, from a seed. */
final class BankScene implements ConsoleSource {
    static final int EPOCH = 17;
    private static final int RECENT_MAX = 600;
    private static final int TRANSACTIONS_A_SECOND = 8;
    private static final List<String> NAMES =
            List.of("SendPayment", "SendPayment", "SendPayment", "WriteCheck", "Amalgamate", "DepositChecking");

    private final SplittableRandom random = new SplittableRandom(20_261_124);
    private final Instant startedAt;
    private final Deque<TransactionDetail> recent = new ArrayDeque<>();
    private List<TransactionDetail> live = List.of();
    private Sample sample = new Sample(Instant.EPOCH, 0, 0, 0, 0, 0);
    private List<Alert> alerts = List.of();
    private boolean westAccounts = true;
    /** As the coordinator makes them: the top bits name the partition. */
    private long nextId = (1L << 53) + 4_127_003;

    private long seconds;

    BankScene(Instant startedAt) {
        this.startedAt = startedAt;
    }

    @Override
    public synchronized Live look() {
        Instant now = Instant.now();
        seconds++;
        double wave = 460 + 60 * Math.sin(seconds / 31.0) + random.nextInt(-24, 25);
        boolean spike = random.nextInt(40) == 0;
        long p50 = random.nextLong(2_050, 2_600);
        long p99 = spike ? random.nextLong(21_000, 34_000) : random.nextLong(7_200, 11_800);
        live = IntStream.range(0, random.nextInt(2, 8))
                .mapToObj(i -> transaction(now, true))
                .toList();
        sample = new Sample(now, wave, random.nextInt(0, 7), p50, p99, live.size());
        for (int i = 0; i < TRANSACTIONS_A_SECOND; i++) {
            recent.addFirst(transaction(now.minusMillis(random.nextLong(20, 1_000)), false));
        }
        while (recent.size() > RECENT_MAX) {
            recent.removeLast();
        }
        return new Live(
                new ServerState(
                        "plinth-1",
                        "0.1.0",
                        startedAt,
                        "/var/lib/plinth",
                        List.of(
                                new ServerState.Address("HTTP, gRPC, console", "127.0.0.1:7700"),
                                new ServerState.Address("Seata", "127.0.0.1:8091"))),
                sample,
                cells(),
                services(),
                alerts);
    }

    synchronized Sample lastSample() {
        return sample;
    }

    synchronized TransactionDetail newest() {
        return recent.getFirst();
    }

    /** A Saga whose third step failed: what was done before is being compensated. */
    synchronized TransactionDetail sagaThatGoesBack() {
        Instant begin = Instant.now().minusSeconds(2);
        var saga = new TransactionDetail(
                new TransactionSummary(
                        "127.0.0.1:8091:" + nextId++,
                        "trip",
                        TransactionStatus.ROLLING_BACK,
                        "travel",
                        begin,
                        Optional.empty(),
                        3,
                        ""),
                60_000,
                Stream.of("flight", "hotel", "car")
                        .map(step -> new Branch(
                                String.valueOf(nextId++),
                                "travel#default_tx_group",
                                TransactionDetail.BranchKind.SAGA,
                                step.equals("car") ? BranchStatus.PREPARE_FAILED : BranchStatus.COMMITTED,
                                "",
                                "travel",
                                begin,
                                Optional.empty(),
                                List.of(),
                                step,
                                ""))
                        .toList(),
                List.of(new Event(begin, EventKind.BEGUN, Optional.empty(), "by travel")));
        recent.addFirst(saga);
        return saga;
    }

    /** The newest that crossed from one cell to the other. */
    synchronized TransactionDetail newestOfTwoCells() {
        return recent.stream()
                .filter(detail -> detail.branches().size() == 2)
                .findFirst()
                .orElseThrow();
    }

    synchronized void alert(Alert alert) {
        alerts = List.of(alert);
    }

    /** One process of the west dies. */
    synchronized void stopWestAccounts() {
        westAccounts = false;
    }

    @Override
    public synchronized TransactionPage transactions(TransactionQuery query) {
        String text = query.text().toLowerCase(Locale.ROOT);
        Stream<TransactionSummary> all = (query.state() == TransactionQuery.State.LIVE
                        ? live.stream()
                        : recent.stream())
                .map(TransactionDetail::transaction)
                .filter(one -> (one.xid() + " " + one.name() + " " + one.application() + " " + one.status())
                        .toLowerCase(Locale.ROOT)
                        .contains(text));
        List<TransactionSummary> found = query.after()
                .map(after -> all.dropWhile(one -> !one.xid().equals(after)).skip(1))
                .orElse(all)
                .toList();
        List<TransactionSummary> page = found.stream().limit(query.limit()).toList();
        return new TransactionPage(
                page, found.size() > page.size() ? Optional.of(page.getLast().xid()) : Optional.empty());
    }

    @Override
    public Decision.Outcome decide(String xid, Decision decision) {
        return Decision.Outcome.UNKNOWN_TRANSACTION;
    }

    @Override
    public synchronized Optional<TransactionDetail> transaction(String xid) {
        return Stream.concat(live.stream(), recent.stream())
                .filter(detail -> detail.transaction().xid().equals(xid))
                .findFirst();
    }

    @Override
    public TrustSource trust() {
        return new NoTrust();
    }

    private static CellMapState cells() {
        List<Integer> east = IntStream.rangeClosed(0, 49).boxed().toList();
        List<Integer> west = IntStream.rangeClosed(50, 99).boxed().toList();
        return new CellMapState(
                EPOCH,
                "the last 2 digits of the user id",
                100,
                List.of(new CellMapState.Region(
                        "home",
                        List.of(
                                new CellMapState.Zone(
                                        "zone-1",
                                        List.of(CellMapState.Cell.of(
                                                "east", CellMapState.CellKind.SHARDED, east, List.of()))),
                                new CellMapState.Zone(
                                        "zone-2",
                                        List.of(CellMapState.Cell.of(
                                                "west", CellMapState.CellKind.SHARDED, west, List.of())))))));
    }

    private List<ServiceState> services() {
        List<ServiceState.EndpointState> accounts = new ArrayList<>();
        accounts.add(endpoint("127.0.0.1:41873", "east", "zone-1", 3));
        accounts.add(endpoint("127.0.0.1:36109", "east", "zone-1", 3));
        if (westAccounts) {
            accounts.add(endpoint("127.0.0.1:40217", "west", "zone-2", 4));
        }
        accounts.add(endpoint("127.0.0.1:38455", "west", "zone-2", 4));
        return List.of(
                new ServiceState("dev.plinth.bank.Accounts:1.0", accounts),
                new ServiceState(
                        "dev.plinth.bank.Payments:1.0",
                        List.of(
                                endpoint("127.0.0.1:44031", "east", "zone-1", 5),
                                endpoint("127.0.0.1:35561", "west", "zone-2", 6))));
    }

    private ServiceState.EndpointState endpoint(String address, String cell, String zone, int afterSeconds) {
        return new ServiceState.EndpointState(
                address, cell, zone, startedAt.plusSeconds(afterSeconds), ServiceState.Health.SERVING);
    }

    private TransactionDetail transaction(Instant end, boolean underWay) {
        String name = NAMES.get(random.nextInt(NAMES.size()));
        boolean back = random.nextInt(40) == 0;
        boolean two = name.equals("SendPayment") || name.equals("Amalgamate");
        long tookMicros = random.nextLong(1_500, 3_400) + (random.nextInt(25) == 0 ? random.nextLong(4_000, 9_000) : 0);
        Instant begin = end.minusNanos(tookMicros * 1_000);
        String home = random.nextBoolean() ? "east" : "west";
        String other = random.nextInt(3) == 0 ? (home.equals("east") ? "west" : "east") : home;
        long transactionId = nextId++;

        Timeline timeline = new Timeline(begin, tookMicros);
        timeline.add(0, EventKind.BEGUN, Optional.empty(), "by payments, " + home);
        List<Branch> branches = new ArrayList<>();
        int count = two ? 2 : 1;
        for (int i = 0; i < count; i++) {
            String id = String.valueOf(nextId++);
            double registered = 0.12 + 0.24 * i;
            double done = 0.78 + 0.16 * i;
            timeline.add(registered, EventKind.BRANCH_REGISTERED, Optional.of(id), "");
            timeline.add(registered + 0.19, EventKind.BRANCH_REPORTED, Optional.of(id), "");
            if (!underWay) {
                timeline.add(
                        done, back ? EventKind.BRANCH_ROLLED_BACK : EventKind.BRANCH_COMMITTED, Optional.of(id), "");
            }
            branches.add(new Branch(
                    id,
                    i == 0 ? "bank.debit" : "bank.credit",
                    TransactionDetail.BranchKind.TCC,
                    underWay ? BranchStatus.PREPARED : back ? BranchStatus.ROLLED_BACK : BranchStatus.COMMITTED,
                    i == 0 ? home : other,
                    "accounts",
                    timeline.at(registered),
                    underWay ? Optional.empty() : Optional.of(timeline.at(done)),
                    List.of("account:" + random.nextInt(10_000)),
                    "",
                    ""));
        }
        if (!underWay) {
            timeline.add(
                    0.66,
                    back ? EventKind.ROLLBACK_DECIDED : EventKind.COMMIT_DECIDED,
                    Optional.empty(),
                    back ? "insufficient funds" : "");
            timeline.add(1, EventKind.ENDED, Optional.empty(), "");
        }
        return new TransactionDetail(
                new TransactionSummary(
                        "127.0.0.1:8091:" + transactionId,
                        name,
                        underWay
                                ? TransactionStatus.ACTIVE
                                : back ? TransactionStatus.ROLLED_BACK : TransactionStatus.COMMITTED,
                        "payments",
                        begin,
                        underWay ? Optional.empty() : Optional.of(timeline.at(1)),
                        count,
                        ""),
                60_000,
                branches,
                timeline.sorted());
    }

    /** Events at parts of a whole. */
    private record Timeline(Instant begin, long tookMicros, List<Event> events) {
        Timeline(Instant begin, long tookMicros) {
            this(begin, tookMicros, new ArrayList<>());
        }

        Instant at(double part) {
            return begin.plusNanos((long) (part * tookMicros * 1_000));
        }

        void add(double part, EventKind kind, Optional<String> branch, String text) {
            events.add(new Event(at(part), kind, branch, text));
        }

        List<Event> sorted() {
            return events.stream().sorted((a, b) -> a.at().compareTo(b.at())).toList();
        }
    }
}
