package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How much of what the disk and the journal itself could do is left when 64 clients share its syncs.
 *
 * <p>Three figures of the same machine, file system and minutes, round by round: what the disk does for one writer who syncs each
 * write; the journal with 64 writers; the same with the syncs left out. Sharing a sync among 64 can give at most 64 times the
 * first, and at most the third. The promise is half of the lesser of the two: a round is one sync and then the work for 64
 * commands, and if the two take the same time, half is all that can be had without overlapping them.
 */
final class JournalBenchmark {
    private static final double RATE_TARGET = 0.5;

    /** A quarter of the writers: less would mean that the groups fall apart. */
    private static final double COMMANDS_PER_SYNC_TARGET = Writers.COUNT / 4.0;

    private JournalBenchmark() {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("journal");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 7 : 15;
        var time = options.quick() ? Duration.ofSeconds(1) : Duration.ofSeconds(3);
        System.out.printf(
                Locale.ROOT,
                "journal: %d writers of %d-byte commands, in %s on %s; %d processors, JDK %s%n",
                Writers.COUNT,
                Clients.COMMAND_BYTES,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            var promises = List.of(rate(directory, rounds, time), syncs(directory, options.quick()));
            promises.forEach(promise -> System.out.println(promise.line()));
            return promises.stream().allMatch(Promise::kept);
        } finally {
            Disk.delete(directory);
        }
    }

    private static Promise rate(Path directory, int rounds, Duration time) throws IOException, InterruptedException {
        double[] baseline = new double[rounds];
        double[] journal = new double[rounds];
        double[] unsynced = new double[rounds];
        double[] perSync = new double[rounds];
        double[] ratio = new double[rounds];
        try (var writers = new Writers(directory.resolve("synced"), true);
                var free = new Writers(directory.resolve("unsynced"), false)) {
            // Compiled before it counts.
            for (int i = 0; i < 3; i++) {
                writers.run(time);
                free.run(time);
            }
            System.out.println("round   4 KiB write+sync/s   journal/s   without syncs/s   commands/sync   ratio");
            for (int i = 0; i < rounds; i++) {
                baseline[i] = Disk.syncedWrites(directory, time);
                var round = writers.run(time);
                journal[i] = round.rate();
                perSync[i] = (double) round.commands() / round.syncs();
                unsynced[i] = free.run(time).rate();
                ratio[i] = journal[i] / Math.min(Writers.COUNT * baseline[i], unsynced[i]);
                System.out.printf(
                        Locale.ROOT,
                        "%5d %20.0f %11.0f %17.0f %15.1f %7.2f%n",
                        i + 1,
                        baseline[i],
                        journal[i],
                        unsynced[i],
                        perSync[i],
                        ratio[i]);
            }
        }
        System.out.println("medians and ranges:");
        System.out.println("  4 KiB write + fdatasync, per second   "
                + Figures.of(baseline).whole());
        System.out.println(
                "  journal, commands per second          " + Figures.of(journal).whole());
        System.out.println("  journal without syncs                 "
                + Figures.of(unsynced).whole());
        System.out.println(
                "  commands per sync                     " + Figures.of(perSync).precise());
        System.out.println(
                "  share of what is possible             " + Figures.of(ratio).precise());
        return new Promise("journal.rate", Figures.of(ratio).median(), "of-the-possible", RATE_TARGET);
    }

    private static Promise syncs(Path directory, boolean quick) throws IOException, InterruptedException {
        var counted = SyncCount.count(directory.resolve("counted"), quick);
        System.out.printf(
                Locale.ROOT,
                "syncs counted from outside (%s): %d for %d commands; the journal itself says %d, and some more for making files%n",
                counted.how(),
                counted.counted(),
                counted.commands(),
                counted.claimed());
        if (counted.counted() < counted.claimed()) {
            throw new IOException(
                    "the journal says " + counted.claimed() + " syncs, and only " + counted.counted() + " were seen");
        }
        return new Promise(
                "journal.commands-per-sync",
                (double) counted.commands() / counted.counted(),
                "commands",
                COMMANDS_PER_SYNC_TARGET);
    }
}
