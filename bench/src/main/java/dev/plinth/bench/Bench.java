package dev.plinth.bench;

import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.registry.RegistryBenchmark;
import dev.plinth.bench.registry.RegistryScale;
import dev.plinth.bench.transactions.ContentionBenchmark;
import dev.plinth.bench.transactions.TransactionsBenchmark;
import dev.plinth.bench.trust.TrustBenchmark;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code ./plinth bench NAME [--quick] [--dir DIR]}: exit status 0 if every promise holds, 1 on a miss, 2 if it cannot be measured. */
public final class Bench {
    private static final String USAGE = """
            usage: ./plinth bench NAME [--quick] [--dir DIR]

              journal               LocalJournal with 64 writers, beside the disk's own speed and itself without syncs
              cluster               three members, one group and ten, beside SOFAJRaft with its own log storage
              node                  one node with a real engine behind its journal, and the same over gRPC
              replay                how fast a node that starts goes through its log
              snapshot              what clients notice of a snapshot of a million entries, and how fast it loads
              catch-up              how long a member of three that was away takes to be back, under load
              overload              a flood on a journal and on a server: what those beyond the limits are told, and memory
              start                 from the start of the distribution to its first answer, and its memory when idle
              transactions          the coordinator with 64 of Seata's clients, beside Seata's own server 2.0.0
              transactions-original the same with Seata's original client 2.6.0 as the load
              transactions-memory   the coordinator with a million live transactions
              contention            transfers by AT between accounts that everybody wants, beside Seata with its original client
              registry              the registry beside Nacos and SOFARegistry, with their original clients and a lean driver
              registry-scale        the registry alone: a million endpoints, ten thousand subscribers, changes, a restart
              trust                 the appraisal of a thousand quotes, and identities for ten thousand workloads

              --quick   about a minute, for the inner loop
              --dir     where it writes; must be on a disk (default: .plinth/bench)
            """;

    /** What was asked for. */
    record Options(boolean quick, Path directory) {}

    private Bench() {}

    public static void main(String[] arguments) throws InterruptedException {
        // The bank's class path has a logback.xml too, which would be worth a page of words at every start.
        System.setProperty("logback.statusListenerClass", "ch.qos.logback.core.status.NopStatusListener");
        System.exit(run(List.of(arguments)));
    }

    static int run(List<String> arguments) throws InterruptedException {
        try {
            if (arguments.isEmpty() || arguments.contains("--help")) {
                System.out.print(USAGE);
                return 0;
            }
            var name = arguments.getFirst();
            var options = options(arguments.subList(1, arguments.size()));
            return switch (name) {
                case "journal" -> JournalBenchmark.run(options) ? 0 : 1;
                case "cluster" -> ClusterBenchmark.run(options) ? 0 : 1;
                case "node" -> NodeBenchmark.run(options) ? 0 : 1;
                case "replay" -> ReplayBenchmark.run(options) ? 0 : 1;
                case "snapshot" -> SnapshotBenchmark.run(options) ? 0 : 1;
                case "catch-up" -> CatchUpBenchmark.run(options) ? 0 : 1;
                case "overload" -> OverloadBenchmark.run(options) ? 0 : 1;
                case "start" -> StartBenchmark.run(options) ? 0 : 1;
                case "transactions", "transactions-original", "transactions-memory", "contention" ->
                    transactions(name, options) ? 0 : 1;
                case "registry", "registry-scale" -> registry(name, options) ? 0 : 1;
                case "trust" -> trust(options) ? 0 : 1;
                // Not for people: the child process whose system calls are counted.
                case SyncCount.CHILD -> {
                    SyncCount.child(
                            options.directory(), options.quick() ? Duration.ofSeconds(2) : Duration.ofSeconds(5));
                    yield 0;
                }
                default -> {
                    System.err.println("bench: there is no '" + name + "'");
                    System.err.print(USAGE);
                    yield 2;
                }
            };
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            return 2;
        }
    }

    private static boolean transactions(String name, Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve(name);
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        var promises = switch (name) {
            case "transactions" -> TransactionsBenchmark.run(directory, fileSystem, options.quick());
            case "transactions-original" -> TransactionsBenchmark.original(directory, fileSystem, options.quick());
            case "contention" -> ContentionBenchmark.run(directory, fileSystem, options.quick());
            default -> TransactionsBenchmark.memory(directory, fileSystem);
        };
        return kept(promises, directory);
    }

    private static boolean registry(String name, Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve(name);
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        var promises = name.equals("registry")
                ? RegistryBenchmark.run(directory, fileSystem, options.quick())
                : RegistryScale.run(directory, options.quick());
        return kept(promises, directory);
    }

    private static boolean trust(Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("trust");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        return kept(TrustBenchmark.run(directory, fileSystem, options.quick()), directory);
    }

    /** Says what became of the promises, and clears up. */
    private static boolean kept(List<Promise> promises, Path directory) throws IOException {
        promises.forEach(promise -> System.out.println(promise.line()));
        Disk.delete(directory);
        return promises.stream().allMatch(Promise::kept);
    }

    private static Options options(List<String> arguments) {
        boolean quick = false;
        var directory = Path.of(".plinth", "bench");
        var left = new ArrayList<>(arguments);
        while (!left.isEmpty()) {
            var option = left.removeFirst();
            switch (option) {
                case "--quick" -> quick = true;
                case "--dir" -> {
                    if (left.isEmpty()) {
                        throw new IllegalArgumentException("--dir wants a directory");
                    }
                    directory = Path.of(left.removeFirst());
                }
                default ->
                    throw new IllegalArgumentException(
                            "unknown option '" + option + "'; expected --quick or --dir DIR");
            }
        }
        return new Options(quick, directory.toAbsolutePath().normalize());
    }
}
