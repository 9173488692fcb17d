package dev.plinth.bench;

import com.google.protobuf.ByteString;
import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.registry.lean.LeanConnection;
import dev.plinth.bench.registry.lean.LeanThread;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.grpc.RetryHint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
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
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a flood does to a journal, and to a server: whether those beyond the limits are told so with a hint when to try again, and what
 * memory it takes.
 *
 * <p>The journal is given commands by threads that never wait for an outcome. The server, in a process of its own with a heap of 256 MiB,
 * is given far more calls at a time than it takes, by a lean driver that asks again at once whatever it is told. What it has no room for waits
 * at its clients or is refused; an ordinary client beside the flood must be answered, or told OVERLOADED and when to try again.
 */
final class OverloadBenchmark {
    private static final int THREADS = 2;
    private static final int CONNECTIONS = 128;

    /** As many as the server lets one have. */
    private static final int CALLS_OF_A_CONNECTION = 1_024;

    private static final Duration ASKED_APART = Duration.ofMillis(5);
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

        /** Of all that was asked, how many took place or were told OVERLOADED and when to try again; none if nothing was answered. */
        double answeredOrTold() {
            return (done.get() + withHint.get())
                    / (double) Math.max(1, done.get() + overloaded.get() + otherwise.get());
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
        double most = 0;
        double rest;
        var flood = new Flood(System.nanoTime() + time.toNanos());
        var told = new Told();
        try (var server = ServerProcess.start(directory, List.of(HEAP, "-XX:+ExitOnOutOfMemoryError"))) {
            rest = server.rssMib();
            try (var load = new LeanThread()) {
                for (int i = 0; i < CONNECTIONS; i++) {
                    flood.open(load, server.port());
                }
                long end = System.nanoTime() + time.toNanos();
                var ordinary = Thread.ofPlatform().start(() -> askNowAndThen(server.port(), told, end));
                while (System.nanoTime() < end) {
                    most = Math.max(most, server.rssMib());
                    Thread.sleep(200);
                }
                flood.checkUnbroken();
                ordinary.join();
            }
            answersAgain(server.port());
        }
        System.out.printf(
                Locale.ROOT,
                "  the server, %s, %,d calls at a time: %,.0f/s took place, %,.0f/s were refused; resident %.0f MiB at its start, at most"
                        + " %.0f MiB%n",
                HEAP,
                CONNECTIONS * CALLS_OF_A_CONNECTION,
                flood.done.get() / (double) time.toSeconds(),
                flood.refused.get() / (double) time.toSeconds(),
                rest,
                most);
        System.out.printf(Locale.ROOT, "  an ordinary client beside it, all it asked: %s%n", told.line(time));
        return List.of(
                new Promise("overload.server.answered", told.answeredOrTold(), "of-the-asked", 1),
                Promise.atMost("overload.server.memory", most, "MiB", SERVER_TARGET_MIB));
    }

    /** Asks on every connection for as many calls as it may have at a time, and whatever the answer is, asks again. */
    private static final class Flood {
        private static final String PUBLISH =
                "/" + ConfigsGrpc.getPublishMethod().getFullMethodName();

        private final AtomicLong done = new AtomicLong();
        private final AtomicLong refused = new AtomicLong();
        private final AtomicReference<@Nullable IOException> broken = new AtomicReference<>();
        private final long end;
        private long number;

        Flood(long end) {
            this.end = end;
        }

        void open(LeanThread load, int port) throws IOException {
            var connection = new LeanConnection(load, port, why -> broken.compareAndSet(null, why));
            load.execute(() -> {
                for (int i = 0; i < CALLS_OF_A_CONNECTION; i++) {
                    ask(connection);
                }
            });
        }

        private void ask(LeanConnection connection) {
            connection.call(PUBLISH, Texts.request(number++).toByteString(), new LeanConnection.Listener() {
                private boolean answered;

                @Override
                public void heard(ByteString message) {
                    answered = true;
                }

                @Override
                public void ended() {
                    (answered ? done : refused).incrementAndGet();
                    if (System.nanoTime() < end) {
                        ask(connection);
                    }
                }
            });
        }

        void checkUnbroken() throws IOException {
            var why = broken.get();
            if (why != null) {
                throw new IOException("the flood's connections did not hold: " + why.getMessage(), why);
            }
        }
    }

    /** By gRPC's own client, which sees what it is told when it is refused; and tries again a little later. */
    private static void askNowAndThen(int port, Told told, long end) {
        var channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            while (System.nanoTime() < end) {
                try {
                    var _ = ConfigsGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(30, TimeUnit.SECONDS)
                            .publish(Texts.request(1));
                    told.done.incrementAndGet();
                } catch (StatusRuntimeException e) {
                    if (e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                        told.overloaded.incrementAndGet();
                        var trailers = e.getTrailers();
                        if (trailers != null && RetryHint.of(trailers).isPresent()) {
                            told.withHint.incrementAndGet();
                        }
                    } else {
                        told.otherwise.incrementAndGet();
                    }
                }
                LockSupport.parkNanos(ASKED_APART.toNanos());
            }
        } finally {
            channel.shutdownNow();
        }
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
