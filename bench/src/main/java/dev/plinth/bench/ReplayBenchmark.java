package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.kernel.JournalOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How fast a node that starts goes through a log without a snapshot: from the opening of the store, which looks at every record, to the
 * last command applied. Commands have 128 bytes; the journal alone, and with the configuration's engine behind it.
 */
final class ReplayBenchmark {
    private static final double RATE_TARGET = 500_000;
    private static final JournalOptions NO_SNAPSHOTS = new JournalOptions(Integer.MAX_VALUE, Long.MAX_VALUE, false);

    private ReplayBenchmark() {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("replay");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 5 : 9;
        int commands = options.quick() ? 1_000_000 : 3_000_000;
        System.out.printf(
                Locale.ROOT,
                "replay: %,d commands of %d bytes, in %s on %s; %d processors, JDK %s%n",
                commands,
                Clients.COMMAND_BYTES,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            var log = directory.resolve("journal");
            var texts = directory.resolve("texts");
            try (var writers = new Writers(log, true, NO_SNAPSHOTS);
                    var node = new Texts(texts, true, NO_SNAPSHOTS)) {
                writers.fill(commands);
                node.fill(commands);
            }
            double[] journal = new double[rounds];
            double[] engine = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                journal[i] = commands / journal(log, commands);
                engine[i] = commands / engine(texts);
            }
            System.out.println("commands per second, medians and ranges of " + rounds + " rounds:");
            System.out.println("  the journal alone                     "
                    + Figures.of(journal).whole());
            System.out.println("  with the configuration's engine       "
                    + Figures.of(engine).whole());
            var promise = new Promise("replay.rate", Figures.of(journal).median(), "commands/s", RATE_TARGET);
            System.out.println(promise.line());
            return promise.kept();
        } finally {
            Disk.delete(directory);
        }
    }

    private static double journal(Path log, int commands) throws IOException {
        long start = System.nanoTime();
        try (var writers = new Writers(log, true, NO_SNAPSHOTS)) {
            double seconds = (System.nanoTime() - start) / 1e9;
            if (writers.applied() < commands) {
                throw new IOException(writers.applied() + " commands were replayed, not " + commands);
            }
            return seconds;
        }
    }

    private static double engine(Path log) throws IOException {
        long start = System.nanoTime();
        try (var _ = new Texts(log, true, NO_SNAPSHOTS)) {
            return (System.nanoTime() - start) / 1e9;
        }
    }
}
