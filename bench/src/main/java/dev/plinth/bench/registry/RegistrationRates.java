package dev.plinth.bench.registry;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Registrations a second, and the processor time that each costs its server. */
final class RegistrationRates {
    /*
     * The lean load costs its processor a few microseconds for each registration, so a server's processor is fully busy, and its rate
     * and its time for each say the same. Not so with the original clients: they cost more than any server, and of their rates
     * a server decides the less, the quicker it is. So the time on the server's processor stands beside each rate.
     *
     * While Java compiles, nothing here says anything; and it compiles on the processor that is measured. So while all warm up, the
     * servers have every processor.
     */
    private static final int CLIENTS = 8;
    private static final int THREADS = 4;
    private static final int CONNECTIONS = 192;
    private static final int AT_A_TIME = 8;
    private static final double TARGET = 5;

    private final Path directory;
    private final int rounds;
    private final int warmUps;
    private final long millis;

    RegistrationRates(Path directory, int rounds, int warmUps, long millis) {
        this.directory = directory;
        this.rounds = rounds;
        this.warmUps = warmUps;
        this.millis = millis;
    }

    private interface Round {
        NacosWire.Registered run() throws IOException;
    }

    /** One load on one server, and what was found. */
    private final class Load {
        final String name;
        final ServerUnderTest server;
        final Round round;
        final double[] rates = new double[rounds];
        final double[] micros = new double[rounds];

        Load(String name, ServerUnderTest server, Round round) {
            this.name = name;
            this.server = server;
            this.round = round;
        }

        void measure(int number) throws IOException {
            long before = server.cpuNanos();
            var registered = round.run();
            double each = (server.cpuNanos() - before) / 1e3 / registered.count();
            System.out.printf(
                    Locale.ROOT,
                    "  round %2d  %-32s %,10.0f/s, %,6.1f µs of its server's processor each, which was %3.0f %% busy%n",
                    number + 1,
                    name,
                    registered.rate(),
                    each,
                    registered.rate() * each / 1e4);
            if (number >= 0) {
                rates[number] = registered.rate();
                micros[number] = each;
            }
        }
    }

    List<Promise> run(RegistryServers.Ours plinth, ServerUnderTest nacos, ServerUnderTest sofa)
            throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "registrations/s: %d rounds of %d ms in turns after %d that do not count; original clients: %d with %d threads each;"
                        + " lean driver: %d connections, %d at a time%n",
                rounds,
                millis,
                warmUps,
                CLIENTS,
                THREADS,
                CONNECTIONS,
                AT_A_TIME);
        try (var ours = OriginalRegistryClient.nacos(
                        directory.resolve("plinth/client.log"), plinth.nacosPort(), CLIENTS, THREADS);
                var theirs = OriginalRegistryClient.nacos(
                        directory.resolve("nacos/client.log"), nacos.port(), CLIENTS, THREADS);
                var sofas = OriginalRegistryClient.sofaRegistry(
                        directory.resolve("sofaregistry/client.log"), sofa.port(), CLIENTS, THREADS)) {
            var lean = new Load("Plinth, lean over Nacos's wire", plinth.server(), () -> lean(plinth.nacosPort()));
            var leanNacos = new Load("Nacos, lean", nacos, () -> lean(nacos.port()));
            var own = new Load("Plinth, lean over its own wire", plinth.server(), () -> own(plinth, 1));
            var many = new Load("  a hundred in a message", plinth.server(), () -> own(plinth, 100));
            var original = new Load("Plinth, Nacos's client", plinth.server(), () -> ours.rate(millis));
            var originalNacos = new Load("Nacos, its client", nacos, () -> theirs.rate(millis));
            var originalSofa = new Load("SOFARegistry, its client", sofa, () -> sofas.rate(millis));
            var all = List.of(lean, leanNacos, own, many, original, originalNacos, originalSofa);
            measure(all);
            for (var load : all) {
                System.out.printf(
                        Locale.ROOT,
                        "  %-32s %s/s, %s µs each%n",
                        load.name,
                        Figures.of(load.rates).whole(),
                        Figures.of(load.micros).precise());
            }
            System.out.println("  Nacos's processor time as a multiple of ours: lean "
                    + Figures.ratio(leanNacos.micros, lean.micros).precise() + ", its client "
                    + Figures.ratio(originalNacos.micros, original.micros).precise());
            return List.of(
                    found("registry.rate", Figures.ratio(lean.rates, leanNacos.rates)),
                    found("registry.rate-own-wire", Figures.ratio(own.rates, leanNacos.rates)),
                    found(
                            "registry.rate-original",
                            Figures.ratio(original.rates, better(originalNacos.rates, originalSofa.rates))));
        }
    }

    private void measure(List<Load> all) throws IOException, InterruptedException {
        List<ServerUnderTest> servers =
                new ArrayList<>(all.stream().map(load -> load.server).distinct().toList());
        for (var server : servers) {
            server.toAnyProcessor();
        }
        for (int i = -warmUps; i < 0; i++) {
            for (var load : all) {
                load.measure(i);
            }
        }
        for (var server : servers) {
            server.toItsProcessor();
        }
        for (int i = 0; i < rounds; i++) {
            for (var load : all) {
                load.measure(i);
            }
        }
    }

    /** With connections of its own, so that what one round registered is gone in the next. */
    private NacosWire.Registered lean(int port) throws IOException {
        try (var clients = new NacosWire("rate", port, CONNECTIONS)) {
            return clients.register(millis, AT_A_TIME);
        }
    }

    private NacosWire.Registered own(RegistryServers.Ours plinth, int each) throws IOException {
        try (var clients = new OurWire(plinth.server().port(), CONNECTIONS)) {
            return clients.register(millis, each, AT_A_TIME);
        }
    }

    /** Of each round the better one. */
    private static double[] better(double[] one, double[] other) {
        double[] better = new double[one.length];
        Arrays.setAll(better, i -> Math.max(one[i], other[i]));
        return better;
    }

    private static Promise found(String name, Figures ratio) {
        System.out.println("  " + name + " " + ratio.precise());
        return new Promise(name, ratio.median(), "times-the-better-peer", TARGET);
    }
}
