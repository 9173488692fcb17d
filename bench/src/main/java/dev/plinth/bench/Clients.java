package dev.plinth.bench;

import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Refused;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Clients, each of which appends a command of 128 bytes and waits for its outcome before the next. */
final class Clients {
    static final int COMMAND_BYTES = 128;

    /** Where commands go. */
    @FunctionalInterface
    interface Log {
        /** Does not wait. The client is told of the outcome, or the refusal, once. */
        void append(ByteBuffer command, Client client);
    }

    /** What all of them did together. */
    record Round(long commands, double seconds) {
        double rate() {
            return commands / seconds;
        }
    }

    private Clients() {}

    /** Runs {@code count} clients, spread over the logs, until the time is over and each has its last outcome. */
    static Round run(List<? extends Log> logs, int count, Duration time) throws InterruptedException {
        return run(logs, count, time, () -> true);
    }

    /** The same, and each client ends earlier when it finds that there is no {@code more}. */
    static Round run(List<? extends Log> logs, int count, Duration time, BooleanSupplier more)
            throws InterruptedException {
        long start = System.nanoTime();
        long end = start + time.toNanos();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(new Client(logs.get(i % logs.size()), command(i), end, more));
        }
        clients.forEach(client -> client.thread.start());
        long commands = 0;
        for (var client : clients) {
            client.thread.join();
            commands += client.commands;
        }
        for (var client : clients) {
            var refused = client.refused;
            if (refused != null) {
                throw refused;
            }
        }
        return new Round(commands, (System.nanoTime() - start) / 1e9);
    }

    /** One client: asks, waits, asks again. */
    static final class Client implements Journal.Ticket {
        private final Thread thread = Thread.ofVirtual().unstarted(this::work);
        private final Log log;
        private final ByteBuffer command;
        private final long end;
        private final BooleanSupplier more;
        private long commands;

        /** Written by who answers, read by the client. */
        private volatile boolean answered;

        private volatile @Nullable Refused refused;

        private Client(Log log, ByteBuffer command, long end, BooleanSupplier more) {
            this.more = more;
            this.log = log;
            this.command = command;
            this.end = end;
        }

        private void work() {
            while (refused == null && System.nanoTime() < end && more.getAsBoolean()) {
                answered = false;
                log.append(command, this);
                while (!answered) {
                    LockSupport.park(this);
                }
                commands++;
            }
        }

        /** Its command took place. */
        void answer() {
            answered = true;
            LockSupport.unpark(thread);
        }

        @Override
        public void refused(Refused reason) {
            refused = reason;
            answer();
        }
    }

    private static ByteBuffer command(int client) {
        byte[] bytes = new byte[COMMAND_BYTES];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) (client * 31 + at * 7);
        }
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }
}
