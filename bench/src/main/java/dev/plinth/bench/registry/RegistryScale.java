package dev.plinth.bench.registry;

import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.programs.FreePorts;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The registry alone at the scale that is promised: a million endpoints in 20,000 services, and 10,000 sessions that are subscribed to
 * 50 services each, on one server with 2 GB; changes; and a server that is killed and started again.
 *
 * <p>The server starts as the distribution's does, with its flags and a cache of its classes, but for the heap; it is measured on one
 * processor, and when it is killed and started again it may have all. Each session has a connection of its own. Quick: a tenth of
 * everything, and lists are told as a whole at first; in full the subscribers come as from another server that went, and know their
 * lists.
 */
public final class RegistryScale {
    private static final int HEAP_MB = 2_048;
    private static final int CHANGES_PER_SECOND = 1_000;
    private static final double BACK_TARGET_SECONDS = 10;

    private RegistryScale() {}

    public static List<Promise> run(Path directory, boolean quick) throws IOException, InterruptedException {
        int tenth = quick ? 10 : 1;
        int seconds = quick ? 10 : 20;
        var fleet = new Fleet(1_000_000 / tenth, 20_000 / tenth, 2_000 / tenth, 10_000 / tenth, 50);
        System.out.printf(
                Locale.ROOT,
                "registry-scale: %,d endpoints in %,d services of %,d sessions, %,d more sessions with %d subscriptions each, a"
                        + " connection for each; heap %d MB, %d processors%s, JDK %s%n",
                fleet.endpoints,
                fleet.services,
                fleet.publishers,
                fleet.subscribers,
                fleet.subscriptions,
                HEAP_MB,
                Runtime.getRuntime().availableProcessors(),
                ServerUnderTest.pinned() ? ", one for the server and the others for the load" : "",
                Runtime.version());
        int port = FreePorts.find(1).getFirst();
        var common = new ArrayList<>(RegistryServers.DISTRIBUTION);
        common.addAll(List.of("-Xmx" + HEAP_MB + "m", "-Xms" + HEAP_MB + "m"));
        var flags = new ArrayList<>(common);
        flags.add(RegistryServers.classCache(directory, common));
        var first = RegistryServers.plinth(directory, port, flags);
        ServerUnderTest.leaveItsProcessor();
        try (var sessions = new FleetSessions(fleet, port)) {
            double rate;
            double full;
            try {
                full = fill(fleet, sessions, first.server(), !quick);
                rate = changes(fleet, sessions, first.server(), seconds);
                sessions.reckon();
            } finally {
                first.close();
            }
            long killed = System.nanoTime();
            try (var again = RegistryServers.plinthAnywhere(directory, port, flags)) {
                double ready = (System.nanoTime() - killed) / 1e9;
                double back = (sessions.awaitBack() - killed) / 1e9;
                double listed = (sessions.awaitListed() - killed) / 1e9;
                System.out.printf(
                        Locale.ROOT,
                        "killed and started again, with every processor: it takes connections after %.1f s, all %,d sessions"
                                + " are back with what they serve and follow after %.1f s, all lists are confirmed after %.1f s,"
                                + " %,d of them by being told anew; %,d streams broke again, %d empty lists, %d requests refused"
                                + " and repeated; %,d MB alive%n",
                        ready,
                        fleet.publishers + fleet.subscribers,
                        back,
                        listed,
                        sessions.anew(),
                        sessions.opened() - fleet.publishers - fleet.subscribers,
                        sessions.emptyLists(),
                        sessions.refused(),
                        again.server().liveHeapBytes() >> 20);
                return List.of(
                        new Promise("registry-scale.heap-left", HEAP_MB - full, "MB-of-" + HEAP_MB, 0),
                        new Promise(
                                "registry-scale.changes", rate, "told-to-all-per-second", CHANGES_PER_SECOND * 0.98),
                        Promise.atMost("registry-scale.back", back, "s", BACK_TARGET_SECONDS),
                        Promise.atMost("registry-scale.empty-lists", (double) sessions.emptyLists(), "lists", 0));
            }
        }
    }

    private static double fill(Fleet fleet, FleetSessions sessions, ServerUnderTest server, boolean fromElsewhere)
            throws IOException, InterruptedException {
        long empty = server.liveHeapBytes();
        double published = sessions.publish();
        long withEndpoints = server.liveHeapBytes();
        double subscribed = sessions.subscribe(fromElsewhere);
        long withAll = server.liveHeapBytes();
        System.out.printf(
                Locale.ROOT,
                "registered in %.1f s (%,.0f a second); subscribed in %.1f s, %s%n",
                published,
                fleet.endpoints / published,
                subscribed,
                fromElsewhere ? "as from another server: every list known, and confirmed" : "every list told");
        System.out.printf(
                Locale.ROOT,
                "alive: %,d MB empty, %,d MB with endpoints (%,d bytes each), %,d MB with subscribers (%,d bytes a subscription)%n",
                empty >> 20,
                withEndpoints >> 20,
                (withEndpoints - empty) / fleet.endpoints,
                withAll >> 20,
                (withAll - withEndpoints) / ((long) fleet.subscribers * fleet.subscriptions));
        return withAll / (double) (1 << 20);
    }

    private static double changes(Fleet fleet, FleetSessions sessions, ServerUnderTest server, int seconds)
            throws IOException {
        sessions.change(CHANGES_PER_SECOND, 3, 0);
        long before = server.cpuNanos();
        var changes = sessions.change(CHANGES_PER_SECOND, seconds, CHANGES_PER_SECOND * 3);
        double busy = (server.cpuNanos() - before) / 1e9 / changes.seconds();
        double rate = changes.told() / changes.seconds();
        System.out.printf(
                Locale.ROOT,
                "changes: %,d in %.1f s, each told to %d subscribers: %,.0f a second; to the last of them %.1f ms (median), %.1f ms"
                        + " (p99); the server's processor %.0f %% busy%n",
                changes.told(),
                changes.seconds(),
                fleet.watching(),
                rate,
                changes.toTheLastNanos().getValueAtPercentile(50) / 1e6,
                changes.toTheLastNanos().getValueAtPercentile(99) / 1e6,
                100 * busy);
        return rate;
    }
}
