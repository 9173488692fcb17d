package dev.plinth.bench;

import dev.plinth.bench.figures.Promise;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.config.v1.Changed;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a flood does to a journal, and to a server: whether those beyond the limits are told so with a hint when to try again, and what
 * memory it takes.
 *
 * <p>The journal is given commands by threads that never wait for an outcome. The server, in a process of its own with a heap of 256 MiB,
 * is given far more calls at a time than it takes, by clients that ask again at once whatever they are told; in the end it must answer an
 * ordinary call.
 */
final class OverloadBenchmark {
    private static final int THREADS = 2;
    private static final int CONNECTIONS = 16;
    private static final int CALLS_OF_A_CONNECTION = 8_192;
    private static final String HEAP = "-Xmx256m";

    /** Above what it has at rest; what PENDING_BYTES_MAX and PENDING_INPUTS_MAX allow, with their objects. */
    private static final double JOURNAL_TARGET_MIB = 128;

    /** The heap, and as much again for all that a JVM has beside it. */
    private static final double SERVER_TARGET_MIB = 512;

    private OverloadBenchmark() {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("overload");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        var time = options.quick() ? Duration.ofSeconds(10) : Duration.ofSeconds(30);
        System.out.printf(
                Locale.ROOT,
                "overload: a flood of %d s each, in %s on %s; %d processors, JDK %s%n",
                time.toSeconds(),
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            List<Promise> promises = new ArrayList<>(journal(directory.resolve("journal"), time));
            promises.addAll(server(directory.resolve("server"), time));
            promises.forEach(promise -> System.out.println(promise.line()));
            return promises.stream().allMatch(Promise::kept);
        } finally {
            Disk.delete(directory);
        }
    }

    /** What came of the commands. */
    private static final class Told {
        private final AtomicLong done = new AtomicLong();
        private final AtomicLong overloaded = new AtomicLong();
        private final AtomicLong withHint = new AtomicLong();
        private final AtomicLong otherwise = new AtomicLong();

        String line(Duration time) {
            return String.format(
                    Locale.ROOT,
                    "%,.0f/s took place, %,.0f/s were refused as overloaded, %,d otherwise",
                    done.get() / (double) time.toSeconds(),
                    overloaded.get() / (double) time.toSeconds(),
                    otherwise.get());
        }

        /** Of all that did not take place, how many were told OVERLOADED and when to try again. */
        double hinted() {
            return withHint.get() / (double) Math.max(1, overloaded.get() + otherwise.get());
        }
    }

    private static List<Promise> journal(Path directory, Duration time) throws IOException, InterruptedException {
        var told = new Told();
        double rest;
        double most = 0;
        try (var writers = new Writers(directory, true)) {
            writers.run(Duration.ofSeconds(1));
            rest = liveMib();
            long end = System.nanoTime() + time.toNanos();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                threads.add(Thread.ofPlatform().start(() -> flood(writers, told, end)));
            }
            while (System.nanoTime() < end) {
                most = Math.max(most, liveMib());
                Thread.sleep(1_000);
            }
            for (var thread : threads) {
                thread.join();
            }
            // It takes what comes at a walk as before.
            writers.run(Duration.ofSeconds(1));
        }
        System.out.printf(
                Locale.ROOT,
                "  the journal: %s; live heap %.0f MiB at rest, at most %.0f MiB%n",
                told.line(time),
                rest,
                most);
        return List.of(
                new Promise("overload.journal.told", told.hinted(), "of-the-refused", 1),
                Promise.atMost("overload.journal.memory", most - rest, "MiB", JOURNAL_TARGET_MIB));
    }

    private static void flood(Writers writers, Told told, long end) {
        var command = ByteBuffer.wrap(new byte[Clients.COMMAND_BYTES]);
        Journal.Ticket ticket = reason -> {
            if (reason.code() == Refused.Code.OVERLOADED) {
                told.overloaded.incrementAndGet();
                reason.retryAfter().ifPresent(_ -> told.withHint.incrementAndGet());
            } else {
                told.otherwise.incrementAndGet();
            }
        };
        long before = writers.applied();
        while (System.nanoTime() < end) {
            writers.propose(command, ticket);
        }
        told.done.accumulateAndGet(writers.applied() - before, Math::max);
    }

    private static double liveMib() {
        var memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed() / 1048576.0;
    }

    private static List<Promise> server(Path directory, Duration time) throws IOException, InterruptedException {
        var told = new Told();
        double most = 0;
        double rest;
        try (var server = ServerProcess.start(directory, List.of(HEAP, "-XX:+ExitOnOutOfMemoryError"))) {
            rest = server.rssMib();
            List<ManagedChannel> channels = new ArrayList<>();
            try {
                long end = System.nanoTime() + time.toNanos();
                for (int c = 0; c < CONNECTIONS; c++) {
                    var channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                            .usePlaintext()
                            .build();
                    channels.add(channel);
                    var stub = ConfigsGrpc.newStub(channel);
                    for (int i = 0; i < CALLS_OF_A_CONNECTION; i++) {
                        ask(stub, told, end, c * CALLS_OF_A_CONNECTION + i);
                    }
                }
                while (System.nanoTime() < end) {
                    most = Math.max(most, server.rssMib());
                    Thread.sleep(200);
                }
            } finally {
                channels.forEach(ManagedChannel::shutdownNow);
            }
            answersAgain(server.port());
        }
        System.out.printf(
                Locale.ROOT,
                "  the server, %s, %,d calls at a time: %s; resident %.0f MiB at its start, at most %.0f MiB%n",
                HEAP,
                CONNECTIONS * CALLS_OF_A_CONNECTION,
                told.line(time),
                rest,
                most);
        return List.of(
                new Promise("overload.server.told", told.hinted(), "of-the-refused", 1),
                Promise.atMost("overload.server.memory", most, "MiB", SERVER_TARGET_MIB));
    }

    /** Asks, and whatever the answer is, asks again. */
    private static void ask(ConfigsGrpc.ConfigsStub stub, Told told, long end, long number) {
        stub.publish(Texts.request(number), new StreamObserver<>() {
            @Override
            public void onNext(Changed changed) {
                told.done.incrementAndGet();
            }

            @Override
            public void onError(Throwable problem) {
                if (System.nanoTime() >= end) {
                    return;
                }
                if (Status.fromThrowable(problem).getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                    told.overloaded.incrementAndGet();
                    var trailers = Status.trailersFromThrowable(problem);
                    if (trailers != null && RetryHint.of(trailers).isPresent()) {
                        told.withHint.incrementAndGet();
                    }
                } else {
                    told.otherwise.incrementAndGet();
                }
                again();
            }

            @Override
            public void onCompleted() {
                again();
            }

            private void again() {
                if (System.nanoTime() < end) {
                    ask(stub, told, end, number + 7);
                }
            }
        });
    }

    private static void answersAgain(int port) throws InterruptedException {
        var channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            var _ = ConfigsGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .publish(Texts.request(1));
        } finally {
            channel.shutdownNow();
            channel.awaitTermination(5, TimeUnit.SECONDS);
        }
    }
}
