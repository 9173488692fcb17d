package dev.plinth.bench.transactions;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * How many transactions a second, at what cost, and how fast: ours with every step synced to disk, beside Seata's own server 2.0.0 in
 * file mode, which waits for no disk. The same load over the same wire, in turns.
 *
 * <p>And the memory that a million transactions take that nobody ends.
 */
public final class TransactionsBenchmark {
    private static final int HEAP_MB = 1024;
    private static final double RATE_TARGET = 5;
    private static final double CPU_TARGET = 5;
    private static final double P99_TARGET = 1;

    private static final int MEMORY_HEAP_MB = 1536;
    private static final long LIVE = 1_000_000;
    private static final double MEMORY_TARGET_MB = 1536;

    private TransactionsBenchmark() {}

    /** The figures of one side, round by round. */
    private static final class Side {
        final double[] rate;
        final double[] cpuMicros;
        final double[] p50Micros;
        final double[] p99Micros;

        Side(int rounds) {
            rate = new double[rounds];
            cpuMicros = new double[rounds];
            p50Micros = new double[rounds];
            p99Micros = new double[rounds];
        }
    }

    /** Measures both in turns, and says what is promised and what was found. */
    public static List<Promise> run(Path directory, String fileSystem, boolean quick)
            throws IOException, InterruptedException {
        int rounds = quick ? 5 : 9;
        int warmUps = quick ? 3 : 6;
        long millis = quick ? 2_000 : 5_000;
        System.out.printf(
                Locale.ROOT,
                "transactions: %d clients, two AT branches with two lock keys each, %d rounds of %d ms in turns after %d that do not"
                        + " count; heap %d MB each; in %s on %s; %d processors%s, JDK %s%n",
                Clients.COUNT,
                rounds,
                millis,
                warmUps,
                HEAP_MB,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                ServerUnderTest.pinned() ? ", one for the server and the others for the load" : "",
                Runtime.version());
        var ours = new Side(rounds);
        var theirs = new Side(rounds);
        var plinthDirectory = Files.createDirectories(directory.resolve("plinth"));
        var seataDirectory = Files.createDirectories(directory.resolve("seata"));
        try (var seata = Coordinators.seata(seataDirectory, HEAP_MB);
                var plinth = Coordinators.plinth(plinthDirectory, HEAP_MB)) {
            ServerUnderTest.leaveItsProcessor();
            try (var toSeata = new Clients(seata.port());
                    var toPlinth = new Clients(plinth.port());
                    var _ = pinging(toSeata, toPlinth)) {
                // Compiled before it counts.
                for (int i = 0; i < warmUps; i++) {
                    toSeata.run(millis);
                    toPlinth.run(millis);
                }
                System.out.println(
                        "round   server         transactions/s   CPU µs each   p50 µs   p99 µs   seconds with phase two");
                for (int i = 0; i < rounds; i++) {
                    round(i, plinth, toPlinth, millis, ours);
                    round(i, seata, toSeata, millis, theirs);
                }
            }
        }
        return kept(ours, theirs);
    }

    private static void round(int index, ServerUnderTest server, Clients clients, long millis, Side side)
            throws IOException {
        long cpuBefore = server.cpuNanos();
        var round = clients.run(millis);
        double cpu = (server.cpuNanos() - cpuBefore) / 1e3 / round.transactions();
        side.rate[index] = round.rate();
        side.cpuMicros[index] = cpu;
        side.p50Micros[index] = round.latencyNanos().getValueAtPercentile(50) / 1e3;
        side.p99Micros[index] = round.p99Micros();
        System.out.printf(
                Locale.ROOT,
                "%5d   %-12s %16.0f %13.1f %8.0f %8.0f %10.1f%n",
                index + 1,
                server.name(),
                round.rate(),
                cpu,
                side.p50Micros[index],
                round.p99Micros(),
                round.seconds());
    }

    /** As {@link #run}, with Seata's original client 2.6.0 as the load: one application with as many threads as there were clients. */
    public static List<Promise> original(Path directory, String fileSystem, boolean quick)
            throws IOException, InterruptedException {
        int rounds = quick ? 3 : 7;
        int warmUps = quick ? 2 : 4;
        long millis = quick ? 2_000 : 5_000;
        System.out.printf(
                Locale.ROOT,
                "transactions-original: one application on Seata's client 2.6.0 with %d threads, two AT branches with two lock keys"
                        + " each, %d rounds of %d ms in turns after %d that do not count; heap %d MB each; in %s on %s, JDK %s%n",
                Clients.COUNT,
                rounds,
                millis,
                warmUps,
                HEAP_MB,
                directory,
                fileSystem,
                Runtime.version());
        var ours = new Side(rounds);
        var theirs = new Side(rounds);
        var plinthDirectory = Files.createDirectories(directory.resolve("plinth"));
        var seataDirectory = Files.createDirectories(directory.resolve("seata"));
        try (var seata = Coordinators.seata(seataDirectory, HEAP_MB);
                var plinth = Coordinators.plinth(plinthDirectory, HEAP_MB);
                var toSeata = new OriginalClient(seataDirectory, seata.port());
                var toPlinth = new OriginalClient(plinthDirectory, plinth.port())) {
            for (int i = -warmUps; i < rounds; i++) {
                original(i, plinth, toPlinth, millis, ours);
                original(i, seata, toSeata, millis, theirs);
            }
        }
        summary("Plinth", ours);
        summary("Seata 2.0.0", theirs);
        return List.of(
                new Promise("transactions-original.rate", ratio("rate", ours.rate, theirs.rate), "times-seata", 1),
                new Promise(
                        "transactions-original.cpu",
                        ratio("CPU", theirs.cpuMicros, ours.cpuMicros),
                        "of-seata-to-ours",
                        CPU_TARGET),
                new Promise(
                        "transactions-original.p99",
                        ratio("p99", theirs.p99Micros, ours.p99Micros),
                        "of-seata-to-ours",
                        P99_TARGET));
    }

    private static void original(int index, ServerUnderTest server, OriginalClient client, long millis, Side side)
            throws IOException {
        long cpuBefore = server.cpuNanos();
        var round = client.run(millis);
        if (index >= 0) {
            side.rate[index] = round.rate();
            side.cpuMicros[index] = (server.cpuNanos() - cpuBefore) / 1e3 / round.transactions();
            side.p50Micros[index] = round.p50Micros();
            side.p99Micros[index] = round.p99Micros();
        }
    }

    private static List<Promise> kept(Side ours, Side theirs) {
        summary("Plinth", ours);
        summary("Seata 2.0.0", theirs);
        return List.of(
                new Promise("transactions.rate", ratio("rate", ours.rate, theirs.rate), "times-seata", RATE_TARGET),
                new Promise(
                        "transactions.cpu",
                        ratio("CPU", theirs.cpuMicros, ours.cpuMicros),
                        "of-seata-to-ours",
                        CPU_TARGET),
                new Promise(
                        "transactions.p99",
                        ratio("p99", theirs.p99Micros, ours.p99Micros),
                        "of-seata-to-ours",
                        P99_TARGET));
    }

    private static void summary(String server, Side side) {
        System.out.printf(
                Locale.ROOT,
                "%-12s median (range): %s transactions/s; CPU µs each %s; p50 µs %s; p99 µs %s%n",
                server,
                Figures.of(side.rate).whole(),
                Figures.of(side.cpuMicros).whole(),
                Figures.of(side.p50Micros).whole(),
                Figures.of(side.p99Micros).whole());
    }

    static double ratio(String what, double[] above, double[] below) {
        var ratio = Figures.ratio(above, below);
        System.out.println("ratio of " + what + ": " + ratio.precise());
        return ratio.median();
    }

    /** Fills a server with transactions that nobody ends. */
    public static List<Promise> memory(Path directory, String fileSystem) throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "transactions-memory: %,d live transactions with two branches and four rows each, heap %d MB, in %s on %s%n",
                LIVE,
                MEMORY_HEAP_MB,
                directory,
                fileSystem);
        var plinthDirectory = Files.createDirectories(directory.resolve("plinth"));
        try (var plinth = Coordinators.plinthAnywhere(plinthDirectory, MEMORY_HEAP_MB)) {
            try (var clients = new Clients(plinth.port());
                    var _ = pinging(clients)) {
                long empty = plinth.liveHeapBytes();
                var filled = clients.fill(LIVE);
                long full = plinth.liveHeapBytes();
                System.out.printf(
                        Locale.ROOT,
                        "live objects: %,d MB empty, %,d MB with them: %,d bytes each; begun at %,.0f a second%n",
                        empty >> 20,
                        full >> 20,
                        (full - empty) / LIVE,
                        filled.rate());
                // And it still works.
                var after = clients.run(2_000);
                System.out.printf(Locale.ROOT, "beside them: %,.0f transactions a second%n", after.rate());
                return List.of(
                        Promise.atMost("transactions-memory.live", (double) (full >> 20), "MB", MEMORY_TARGET_MB));
            }
        }
    }

    private interface Pinging extends AutoCloseable {
        @Override
        void close();
    }

    private static Pinging pinging(Clients... all) {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().factory());
        var _ = timer.scheduleAtFixedRate(() -> List.of(all).forEach(Clients::ping), 4, 4, TimeUnit.SECONDS);
        return timer::shutdownNow;
    }
}
