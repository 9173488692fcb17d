package dev.plinth.bench.trust;

import dev.plinth.bench.figures.Promise;
import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * A server that gives identities over the SPIFFE Workload API: how long one takes at 500 a second, and whether ten thousand workloads
 * that keep their streams open have a new one each time before the old one ends, also when the authority changes.
 */
final class IdentityBenchmark {
    /*
     * Each answer is a key that the server makes, and a certificate that it signs. Requests go out by the clock, whether those before
     * were answered or not, and their time counts from when they were due. Workloads share connections, eighty to each, for a process has
     * at most as many files as the system lets it; each has a stream of its own, is attested by itself, and gets a key of its own.
     */
    private static final int RATE = 500;
    private static final int CONNECTIONS = 16;
    private static final double P99_TARGET_MILLIS = 5;
    private static final int WORKLOADS = 10_000;
    private static final int STREAMS_OF_A_CONNECTION = 80;
    private static final Duration LIFE = Duration.ofSeconds(60);
    private static final Duration PUBLISHING = Duration.ofSeconds(10);
    private static final Duration ANSWERS_MAX = Duration.ofMinutes(3);
    private static final List<String> FLAGS =
            List.of("-Xmx512m", "-XX:+UseCompactObjectHeaders", "-XX:MaxGCPauseMillis=20");

    private IdentityBenchmark() {}

    static List<Promise> run(Path directory, boolean quick) throws IOException, InterruptedException {
        try (var server = IdentityServer.start(directory, FLAGS)) {
            server.administration()
                    .putEntry(PutEntryRequest.newBuilder()
                            .setEntry(Entry.newBuilder()
                                    .setName("workload")
                                    .setOwner("bench")
                                    .setSpiffeId(IdentityServer.id("workload"))
                                    .addSelectors("unix:uid:" + Files.getAttribute(Path.of("/proc/self"), "unix:uid")))
                            .build());
            List<Promise> promises = new ArrayList<>();
            promises.add(issue(server, quick));
            promises.addAll(renew(server, quick ? 1 : 3));
            return promises;
        }
    }

    // ---- issue

    private static Promise issue(IdentityServer server, boolean quick) throws IOException, InterruptedException {
        int seconds = quick ? 5 : 20;
        try (var connections = new WorkloadConnections(server.socket(), CONNECTIONS)) {
            steady(connections, seconds);
            long cpu = server.process().cpuNanos();
            var times = steady(connections, seconds);
            double cpuMicros = (server.process().cpuNanos() - cpu) / 1e3 / times.getTotalCount();
            System.out.printf(
                    Locale.ROOT,
                    "issue: %d a second for %d s after as many that do not count, over %d connections: ms from when it was due to its"
                            + " answer %.2f (p50), %.2f (p99), %.2f (most); the server's processor time each %.0f µs%n",
                    RATE,
                    seconds,
                    CONNECTIONS,
                    times.getValueAtPercentile(50) / 1e6,
                    times.getValueAtPercentile(99) / 1e6,
                    times.getMaxValue() / 1e6,
                    cpuMicros);
            return Promise.atMost("trust.issue-p99", times.getValueAtPercentile(99) / 1e6, "ms", P99_TARGET_MILLIS);
        }
    }

    private static Histogram steady(WorkloadConnections connections, int seconds)
            throws IOException, InterruptedException {
        var issued = new IssuedTimes();
        long start = System.nanoTime();
        int count = RATE * seconds;
        for (int i = 0; i < count; i++) {
            long due = start + i * TimeUnit.SECONDS.toNanos(1) / RATE;
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            issued.ask(connections.api(i), due);
        }
        return issued.await(count, ANSWERS_MAX);
    }

    // ---- renewal

    private static List<Promise> renew(IdentityServer server, int times) throws IOException, InterruptedException {
        server.administration()
                .setLives(SetLivesRequest.newBuilder()
                        .setAuthorityLifeSeconds(TimeUnit.DAYS.toSeconds(1))
                        .setSvidLifeSeconds(LIFE.toSeconds())
                        .setPublishingSeconds(PUBLISHING.toSeconds())
                        .build());
        var fleet = new WorkloadFleet(WORKLOADS);
        try (var connections = new WorkloadConnections(server.socket(), WORKLOADS / STREAMS_OF_A_CONNECTION)) {
            long start = System.nanoTime();
            fleet.open(connections);
            fleet.awaitGeneration(1, ANSWERS_MAX);
            System.out.printf(
                    Locale.ROOT,
                    "renewal: %,d workloads with a stream each, identities that last %d s: all have one after %.1f s%n",
                    WORKLOADS,
                    LIFE.toSeconds(),
                    (System.nanoTime() - start) / 1e9);
            long cpu = server.process().cpuNanos();
            start = System.nanoTime();
            for (int i = 0; i < times; i++) {
                fleet.awaitGeneration(2 + i, ANSWERS_MAX);
            }
            System.out.printf(
                    Locale.ROOT,
                    "  all renewed %d times; the least time that was left of the old identity %.1f s; the server's processor %.0f %%"
                            + " busy, its live heap %,d MiB%n",
                    times,
                    fleet.leastLeft().toMillis() / 1e3,
                    100.0 * (server.process().cpuNanos() - cpu) / (System.nanoTime() - start),
                    server.process().liveHeapBytes() >> 20);
            rotate(server, fleet);
            System.out.printf(
                    Locale.ROOT,
                    "  identities that ended before the next one came: %d; streams that ended: %d%n",
                    fleet.gaps(),
                    fleet.ended());
            return List.of(
                    Promise.atMost("trust.renewal-gaps", (double) (fleet.gaps() + fleet.ended()), "workloads", 0),
                    new Promise("trust.renewed", (double) fleet.renewed(), "workloads", WORKLOADS));
        }
    }

    /** The next authority is published, and signs when the time for that is over: all workloads hear of both. */
    private static void rotate(IdentityServer server, WorkloadFleet fleet) throws IOException, InterruptedException {
        var bundle = fleet.bundle();
        var issuer = fleet.issuer();
        long start = System.nanoTime();
        server.administration().rotate(RotateRequest.getDefaultInstance());
        fleet.awaitOtherBundle(bundle, ANSWERS_MAX);
        double published = (System.nanoTime() - start) / 1e9;
        fleet.awaitOtherIssuer(issuer, ANSWERS_MAX);
        System.out.printf(
                Locale.ROOT,
                "  another authority, which signs %d s after it is published: all have its certificate %.1f s after it was asked for, and"
                        + " an identity that it signed after %.1f s%n",
                PUBLISHING.toSeconds(),
                published,
                (System.nanoTime() - start) / 1e9);
    }
}
