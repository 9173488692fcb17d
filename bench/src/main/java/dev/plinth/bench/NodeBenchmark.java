package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.config.v1.Changed;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One node with a real engine behind its journal: 64 writers, each of which publishes a version of a text, in a command of 128 bytes,
 * and waits for the outcome before the next.
 *
 * <p>The engine is the configuration's, with 10,000 texts and their last 30 versions; snapshots are taken as in a server. The reference is
 * that of {@link JournalBenchmark}: the lesser of 64 times what the disk does for one writer, and the journal without syncs and without
 * an engine. Beside it, the same as a client sees it: 64 calls at a time over one gRPC connection to a server in a process of its own.
 */
final class NodeBenchmark {
    private static final double RATE_TARGET = 0.5;

    private NodeBenchmark() {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("node");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 5 : 11;
        var time = options.quick() ? Duration.ofSeconds(1) : Duration.ofSeconds(2);
        System.out.printf(
                Locale.ROOT,
                "node: %d writers of %d-byte commands, %d texts, in %s on %s; %d processors, JDK %s%n",
                Writers.COUNT,
                Clients.COMMAND_BYTES,
                Texts.COUNT,
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            var promise = rate(directory, rounds, time);
            System.out.println(promise.line());
            return promise.kept();
        } finally {
            Disk.delete(directory);
        }
    }

    private static Promise rate(Path directory, int rounds, Duration time) throws IOException, InterruptedException {
        double[] disk = new double[rounds];
        double[] unsynced = new double[rounds];
        double[] journal = new double[rounds];
        double[] node = new double[rounds];
        double[] wire = new double[rounds];
        double[] ratio = new double[rounds];
        try (var bare = new Writers(directory.resolve("journal"), true);
                var free = new Writers(directory.resolve("unsynced"), false);
                var texts = new Texts(directory.resolve("texts"), true, JournalOptions.defaults());
                var server = ServerProcess.start(directory.resolve("server"), List.of("-Xmx1g"));
                var client = new Wire(server.port())) {
            for (int i = 0; i < 2; i++) {
                bare.run(time);
                free.run(time);
                texts.run(time.multipliedBy(2));
                client.run(time.multipliedBy(2));
            }
            for (int i = 0; i < rounds; i++) {
                disk[i] = Disk.syncedWrites(directory, time);
                node[i] = texts.run(time).rate();
                journal[i] = bare.run(time).rate();
                unsynced[i] = free.run(time).rate();
                wire[i] = client.run(time).rate();
                ratio[i] = node[i] / Math.min(Writers.COUNT * disk[i], unsynced[i]);
            }
        }
        System.out.println("per second, medians and ranges of " + rounds + " rounds:");
        System.out.println(
                "  4 KiB write + fdatasync               " + Figures.of(disk).whole());
        System.out.println("  journal without syncs, no engine      "
                + Figures.of(unsynced).whole());
        System.out.println(
                "  journal, no engine                    " + Figures.of(journal).whole());
        System.out.println(
                "  journal with the engine               " + Figures.of(node).whole());
        System.out.println(
                "  the same over gRPC, 64 at a time      " + Figures.of(wire).whole());
        System.out.println(
                "  share of what is possible             " + Figures.of(ratio).precise());
        return new Promise("node.rate", Figures.of(ratio).median(), "of-the-possible", RATE_TARGET);
    }

    /** Sixty-four callers of one connection. */
    private static final class Wire implements AutoCloseable {
        private final ManagedChannel channel;
        private final ConfigsGrpc.ConfigsStub stub;
        private final AtomicLong numbers = new AtomicLong();

        Wire(int port) {
            channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            stub = ConfigsGrpc.newStub(channel);
        }

        Clients.Round run(Duration time) throws InterruptedException {
            Clients.Log log =
                    (_, client) -> stub.publish(Texts.request(numbers.incrementAndGet()), new StreamObserver<>() {
                        @Override
                        public void onNext(Changed changed) {
                            // The call is over when its status is there.
                        }

                        @Override
                        public void onError(Throwable problem) {
                            client.refused(new Refused(Refused.Code.UNKNOWN, "a call failed: " + problem, problem));
                        }

                        @Override
                        public void onCompleted() {
                            client.answer();
                        }
                    });
            return Clients.run(List.of(log), Writers.COUNT, time);
        }

        @Override
        public void close() {
            channel.shutdownNow();
            try {
                channel.awaitTermination(5, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
