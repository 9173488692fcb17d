package dev.plinth.bench.registry;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The registry beside Nacos (a third party's rebuild of 3.1.0, for Nacos's server is not on Maven Central) and SOFARegistry 6.3.0:
 * registrations a second, the time from a registration to the last of a thousand subscribers, and heap for each endpoint.
 *
 * <p>Each server is a process on one processor, with the same heap; the load is on the others. Through the original clients (Nacos's
 * 3.2.1 at Nacos and at our door for it, SOFARegistry's 6.5.6 at SOFARegistry), and, at Nacos and at our door, through a lean driver of
 * the same wire, which costs the load so little that the servers are what is measured ({@link RegistrationRates}).
 */
public final class RegistryBenchmark {
    private static final int HEAP_MB = 1_024;
    private static final int SUBSCRIBERS = 1_000;
    private static final int SOFAREGISTRY_CLIENTS = 20;
    /** What a registration sets going beside its push is over when the next comes. */
    private static final long BETWEEN_PUSHES_MILLIS = 400;

    private static final double PUSH_TARGET_MILLIS = 100;
    private static final double PUSH_TARGET = 10;
    private static final double HEAP_TARGET = 4;

    /** Work that a server has still to do when its clients have their answers; neither peer says when it is done. */
    private static final long AT_REST_MILLIS = 5_000;

    private RegistryBenchmark() {}

    private record Plan(int rounds, int warmUps, long millis, int pushes, int filling, int services) {}

    public static List<Promise> run(Path directory, String fileSystem, boolean quick)
            throws IOException, InterruptedException {
        var plan = quick ? new Plan(3, 8, 1_000, 10, 40, 500) : new Plan(9, 20, 1_000, 30, 100, 1_000);
        System.out.printf(
                Locale.ROOT,
                "registry: Plinth beside Nacos 3.1.0-bugfix (a third party's rebuild) and SOFARegistry 6.3.0; heap %d MB each, in %s"
                        + " on %s; %d processors%s, JDK %s%n",
                HEAP_MB,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                ServerUnderTest.pinned() ? ", one for the servers and the others for the load" : "",
                Runtime.version());
        // Peers may have all processors while they start, and are to be made for one all the same.
        var flags = List.of(
                "-Xmx" + HEAP_MB + "m", "-Xms" + HEAP_MB + "m", "-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC");
        var startingNacos = RegistryServers.nacos(Files.createDirectories(directory.resolve("nacos")), flags);
        var startingSofa =
                RegistryServers.sofaRegistry(Files.createDirectories(directory.resolve("sofaregistry")), flags);
        try (var plinth = RegistryServers.plinth(directory.resolve("plinth"), flags);
                var nacos = startingNacos.await();
                var sofa = startingSofa.await()) {
            ServerUnderTest.leaveItsProcessor();
            var heap = heap(directory, plan, plinth, nacos, sofa);
            var push = push(directory, plan, plinth, nacos, sofa);
            var found = new ArrayList<>(
                    new RegistrationRates(directory, plan.rounds, plan.warmUps, plan.millis).run(plinth, nacos, sofa));
            found.addAll(push);
            found.add(heap);
            return found;
        }
    }

    // ---- heap

    private static Promise heap(
            Path directory, Plan plan, RegistryServers.Ours plinth, ServerUnderTest nacos, ServerUnderTest sofa)
            throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "heap: %,d endpoints with three entries of metadata, of %,d services, from %d clients (SOFARegistry: %d services"
                        + " and %d clients)%n",
                plan.services * plan.filling,
                plan.services,
                plan.filling,
                plan.services * plan.filling / SOFAREGISTRY_CLIENTS,
                SOFAREGISTRY_CLIENTS);
        double ours = filled(plinth.server(), plinth.nacosPort(), plan);
        double theirs = filled(nacos, nacos.port(), plan);
        double sofas;
        try (var client = OriginalRegistryClient.sofaRegistry(
                directory.resolve("sofaregistry/fill.log"), sofa.port(), SOFAREGISTRY_CLIENTS, 1)) {
            Thread.sleep(AT_REST_MILLIS);
            long empty = sofa.liveHeapBytes();
            long filled = Long.parseLong(
                    client.ask("fill " + plan.services * plan.filling / SOFAREGISTRY_CLIENTS, "FILLED")[1]);
            Thread.sleep(AT_REST_MILLIS);
            sofas = per(sofa, empty, filled);
        }
        return new Promise("registry.heap", Math.min(theirs, sofas) / ours, "of-theirs-to-ours", HEAP_TARGET);
    }

    private static double filled(ServerUnderTest server, int port, Plan plan) throws IOException, InterruptedException {
        try (var clients = new NacosWire("fill", port, plan.filling)) {
            long empty = server.liveHeapBytes();
            long filled = clients.fill(plan.services).count();
            Thread.sleep(AT_REST_MILLIS);
            return per(server, empty, filled);
        }
    }

    private static double per(ServerUnderTest server, long empty, long count) throws IOException, InterruptedException {
        long full = server.liveHeapBytes();
        double each = (double) (full - empty) / count;
        System.out.printf(
                Locale.ROOT,
                "  %-14s %,12d bytes alive empty, %,12d with %,d endpoints: %,.0f bytes each%n",
                server.name(),
                empty,
                full,
                count,
                each);
        return each;
    }

    // ---- pushes

    private static List<Promise> push(
            Path directory, Plan plan, RegistryServers.Ours plinth, ServerUnderTest nacos, ServerUnderTest sofa)
            throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "push: from a registration to the last of %,d subscribers, ms, %d registrations one after the other; over Nacos's"
                        + " wire each subscriber has a connection of its own, of SOFARegistry's there are %d for each client%n",
                SUBSCRIBERS,
                plan.pushes,
                SUBSCRIBERS / SOFAREGISTRY_CLIENTS);
        double[] ours = pushed("push", plinth.nacosPort(), plan.pushes);
        double[] theirs = pushed("push", nacos.port(), plan.pushes);
        double[] sofas = new double[plan.pushes];
        try (var client = OriginalRegistryClient.sofaRegistry(
                directory.resolve("sofaregistry/push.log"), sofa.port(), SOFAREGISTRY_CLIENTS, 1)) {
            client.ask("subscribe " + SUBSCRIBERS, "SUBSCRIBED");
            Thread.sleep(AT_REST_MILLIS);
            for (int i = 0; i < plan.pushes; i++) {
                sofas[i] = Long.parseLong(client.ask("push", "PUSHED")[1]) / 1e6;
            }
        }
        System.out.println("  Plinth         " + Figures.of(ours).precise());
        System.out.println("  Nacos          " + Figures.of(theirs).precise());
        System.out.println("  SOFARegistry   " + Figures.of(sofas).precise());
        double better = Math.min(p99(theirs), p99(sofas));
        return List.of(
                Promise.atMost("registry.push-p99", p99(ours), "ms", PUSH_TARGET_MILLIS),
                new Promise("registry.push-ratio", better / p99(ours), "of-theirs-to-ours", PUSH_TARGET));
    }

    private static double[] pushed(String name, int port, int pushes) throws IOException, InterruptedException {
        double[] millis = new double[pushes];
        try (var subscribers = new NacosWire(name, port, SUBSCRIBERS);
                var publisher = new NacosWire(name, port, 1)) {
            var service = name + ".service";
            publisher.registerOne(service, "10.0.0.1");
            subscribers.subscribe(service);
            Thread.sleep(2_000);
            int warmUps = 10;
            for (int i = -warmUps; i < pushes; i++) {
                var ip = "10.1." + (i + warmUps) / 250 + "." + ((i + warmUps) % 250 + 1);
                var expected = subscribers.expect(ip);
                long start = System.nanoTime();
                publisher.registerOne(service, ip);
                double took = (expected.await() - start) / 1e6;
                if (i >= 0) {
                    millis[i] = took;
                }
                Thread.sleep(BETWEEN_PUSHES_MILLIS);
            }
        }
        return millis;
    }

    private static double p99(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, (int) Math.ceil(sorted.length * 0.99) - 1)];
    }
}
