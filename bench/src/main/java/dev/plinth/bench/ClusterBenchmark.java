package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * What a cluster of three members on one machine does, beside SOFAJRaft as it comes: one group and ten, each command on the disks of
 * most members before it is answered.
 *
 * <p>All members and all clients share the machine and one disk, so these are figures of one machine's work for three. Rounds of both
 * are interleaved.
 */
final class ClusterBenchmark {
    private static final int IN_FLIGHT = 512;

    /** Beside it, for what an entry costs whatever is in it weighs less the more is in it. */
    private static final int MANY_IN_FLIGHT = 4_096;

    private static final int GROUPS = 10;

    /** In turns, for they run the same code, and two processors that are busy compile it slowly. */
    private static final int WARM_UPS = 3;

    private static final double RATE_TARGET = 60_000;
    private static final double GROUPS_TARGET = 0.7;

    private ClusterBenchmark() {}

    /** One subject of the measurement, and what its rounds showed. */
    private static final class Subject {
        private final String name;
        private final List<? extends Clients.Log> logs;
        private final LongSupplier syncs;
        private final int inFlight;
        private final double[] rates;
        private final double[] cpu;
        private final double[] perSync;

        Subject(String name, List<? extends Clients.Log> logs, LongSupplier syncs, int inFlight, int rounds) {
            this.name = name;
            this.logs = logs;
            this.syncs = syncs;
            this.inFlight = inFlight;
            this.rates = new double[rounds];
            this.cpu = new double[rounds];
            this.perSync = new double[rounds];
        }

        void warmUp(Duration time) throws InterruptedException {
            Clients.run(logs, inFlight, time);
        }

        void round(int number, Duration time) throws InterruptedException {
            long syncsBefore = syncs.getAsLong();
            long cpuBefore = Processor.nanos();
            var round = Clients.run(logs, inFlight, time);
            rates[number] = round.rate();
            cpu[number] = (Processor.nanos() - cpuBefore) / 1e3 / round.commands();
            perSync[number] = round.commands() / (double) Math.max(1, syncs.getAsLong() - syncsBefore);
        }

        String line(boolean counted) {
            return String.format(
                    Locale.ROOT,
                    "  %-34s %-34s cpu/command %5.1f us   commands/sync %s",
                    name,
                    Figures.of(rates).whole(),
                    Figures.of(cpu).median(),
                    counted ? Figures.of(perSync).precise() : "-");
        }

        double rate() {
            return Figures.of(rates).median();
        }

        double commandsPerSync() {
            return Figures.of(perSync).median();
        }
    }

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("cluster");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 3 : 9;
        var time = options.quick() ? Duration.ofSeconds(2) : Duration.ofSeconds(3);
        System.out.printf(
                Locale.ROOT,
                "cluster: three members in one process, %d clients of %d-byte commands, in %s on %s; %d processors, JDK %s%n",
                IN_FLIGHT,
                Clients.COMMAND_BYTES,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            var promises = measure(directory, rounds, time);
            promises.forEach(promise -> System.out.println(promise.line()));
            return promises.stream().allMatch(Promise::kept);
        } finally {
            Disk.delete(directory);
        }
    }

    private static List<Promise> measure(Path directory, int rounds, Duration time)
            throws IOException, InterruptedException {
        try (var one = new Members(directory.resolve("one"), 1);
                var ten = new Members(directory.resolve("ten"), GROUPS);
                var plainOne = new PlainRaft(directory.resolve("plain-one"), 1);
                var plainTen = new PlainRaft(directory.resolve("plain-ten"), GROUPS)) {
            var oneGroup = new Subject("one group, at its leader", one.atLeaders(), one::syncs, IN_FLIGHT, rounds);
            var follower = new Subject("one group, at a follower", one.atFollowers(), one::syncs, IN_FLIGHT, rounds);
            var tenGroups = new Subject("ten groups, at their leaders", ten.atLeaders(), ten::syncs, IN_FLIGHT, rounds);
            var plain = new Subject("JRaft as it comes, one group", plainOne.atLeaders(), () -> 0, IN_FLIGHT, rounds);
            var plainGroups =
                    new Subject("JRaft as it comes, ten groups", plainTen.atLeaders(), () -> 0, IN_FLIGHT, rounds);
            var oneBusy =
                    new Subject("one group, 4,096 in flight", one.atLeaders(), one::syncs, MANY_IN_FLIGHT, rounds);
            var tenBusy =
                    new Subject("ten groups, 4,096 in flight", ten.atLeaders(), ten::syncs, MANY_IN_FLIGHT, rounds);
            var subjects = List.of(oneGroup, follower, tenGroups, oneBusy, tenBusy, plain, plainGroups);
            for (int i = 0; i < WARM_UPS; i++) {
                for (var subject : subjects) {
                    subject.warmUp(time.multipliedBy(2));
                }
            }
            for (int i = 0; i < rounds; i++) {
                for (var subject : subjects) {
                    subject.round(i, time);
                }
            }
            System.out.println("commands per second, medians and ranges of " + rounds + " rounds:");
            for (var subject : subjects) {
                System.out.println(subject.line(subject.perSync[0] > 0 && !subject.name.startsWith("JRaft")));
            }
            System.out.printf(
                    Locale.ROOT,
                    "ten groups to one: %.2f here, %.2f with 4,096 in flight, %.2f with JRaft as it comes%n",
                    tenGroups.rate() / oneGroup.rate(),
                    tenBusy.rate() / oneBusy.rate(),
                    plainGroups.rate() / plain.rate());
            return List.of(
                    new Promise("cluster.rate", oneGroup.rate(), "commands/s", RATE_TARGET),
                    new Promise("cluster.ten-groups", tenGroups.rate() / oneGroup.rate(), "of-one", GROUPS_TARGET),
                    new Promise(
                            "cluster.ten-groups-commands-per-sync",
                            tenGroups.commandsPerSync() / oneGroup.commandsPerSync(),
                            "of-one",
                            1.0));
        }
    }
}
