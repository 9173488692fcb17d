package dev.plinth.registry.door.sofa;

import dev.plinth.kernel.Clock;
import dev.plinth.rpc.BoltConnection;
import dev.plinth.rpc.hessian.ForeignBodies;
import dev.plinth.rpc.hessian.ForeignObject;
import dev.plinth.rpc.hessian.SofaBodies;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltFrame;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;

/** What a client is told without having asked: of each of its registrations the newest, once it has acknowledged the one before. */
final class SofaPushes {
    /*
     * As at Nacos's door: a subject that changes while its push is under way is pushed once more after the acknowledgement, as it
     * is then. A slow client costs one message a subject. What is not acknowledged in time, or as a failure, is repeated.
     *
     * A client takes only what has a greater version than what it has, also from another server. So the version is the time, in
     * 2^-20 ms: it goes on from server to server, and from SOFARegistry's own, whose versions are smaller.
     */
    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(3);
    private static final int VERSIONS_OF_MILLI_BITS = 20;

    private static final class Subject {
        final LongFunction<ForeignObject> newest;
        boolean due = true;
        int underWay;

        Subject(LongFunction<ForeignObject> newest) {
            this.newest = newest;
        }
    }

    private final BoltConnection connection;
    private final Clock clock;
    private final Executor workers;

    // All under this.
    private final Map<String, Subject> subjects = new HashMap<>();
    private final Map<Integer, Subject> byRequest = new HashMap<>();
    private int requests;
    private long version;
    private boolean stopped;

    /** The client speaks first, so its dialect is known before anything is pushed. */
    private BoltDialect dialect = BoltDialect.V1;

    SofaPushes(BoltConnection connection, Clock clock, Executor workers) {
        this.connection = connection;
        this.clock = clock;
        this.workers = workers;
    }

    synchronized void dialect(BoltDialect spoken) {
        dialect = spoken;
    }

    /** Asks whether the client is there. */
    synchronized void beat() {
        if (!stopped) {
            connection.write(new BoltFrame.Heartbeat(dialect, next()));
        }
    }

    /**
     * There is something new of a registration.
     *
     * @param newest given a version, what is to be told of it when it is told
     */
    synchronized void push(String id, LongFunction<ForeignObject> newest) {
        if (stopped) {
            return;
        }
        var subject = subjects.computeIfAbsent(id, _ -> new Subject(newest));
        subject.due = true;
        write(subject);
    }

    synchronized void forget(String id) {
        var subject = subjects.remove(id);
        if (subject != null) {
            byRequest.remove(subject.underWay);
        }
    }

    /** The client answered a push. */
    synchronized void answered(int request, boolean taken) {
        if (!taken) {
            // What is still under way after its time is repeated: not at once, or a client that fails is kept busy
            // failing.
            return;
        }
        var subject = byRequest.remove(request);
        if (subject != null) {
            subject.underWay = 0;
            write(subject);
        }
    }

    private synchronized void overdue(int request) {
        var subject = byRequest.remove(request);
        if (subject != null) {
            subject.underWay = 0;
            subject.due = true;
            write(subject);
        }
    }

    private synchronized void write(Subject subject) {
        if (stopped || !subject.due || subject.underWay != 0) {
            return;
        }
        subject.due = false;
        int request = next();
        subject.underWay = request;
        byRequest.put(request, subject);
        version = Math.max(version + 1, clock.wall().toEpochMilli() << VERSIONS_OF_MILLI_BITS);
        var message = subject.newest.apply(version);
        var content = Unpooled.buffer();
        ForeignBodies.write(message, content);
        connection.write(new BoltFrame.Request(
                dialect,
                request,
                false,
                SofaBodies.CODEC,
                (int) ACKNOWLEDGED_WITHIN.toMillis(),
                message.type(),
                Unpooled.EMPTY_BUFFER,
                content));
        clock.schedule(ACKNOWLEDGED_WITHIN, () -> workers.execute(() -> overdue(request)));
    }

    private int next() {
        requests = requests == Integer.MAX_VALUE ? 1 : requests + 1;
        return requests;
    }

    synchronized void stop() {
        stopped = true;
        subjects.clear();
        byRequest.clear();
    }
}
