package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.kernel.Clock;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.rpc.grpc.GrpcCode;
import dev.plinth.wire.nacos.Payload;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/** What a client is told on its stream without having asked: for each subject the newest, once it has acknowledged the one before. */
final class Pushes {
    /*
     * A subject that changes while its push is under way is pushed once more after the acknowledgement, as it is then. So a slow
     * client costs one message a subject, and skips what was in between. A push that is not acknowledged in time is repeated, as
     * it is then, for as long as the connection lives. One alarm looks after all that is under way: a change that goes to a
     * thousand clients would set a thousand, and nearly none is ever needed.
     */
    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(3);

    /** What is new of a subject, as it is then; given what the client acknowledges it by. */
    interface Newest {
        Payload write(String request);
    }

    private static final class Subject {
        final Newest newest;
        boolean due;
        boolean forgotten;
        String underWay = "";
        long sentNanos;

        Subject(Newest newest) {
            this.newest = newest;
        }
    }

    private final GrpcCall stream;
    private final Clock clock;
    private final Executor workers;

    // All under this.
    private final Map<String, Subject> subjects = new HashMap<>();
    private final Map<String, Subject> byRequest = new HashMap<>();

    /** Those that are due and not under way, in the order in which they became so. */
    private final ArrayDeque<Subject> toWrite = new ArrayDeque<>();

    private long requests;
    private boolean looking;
    private boolean stopped;

    Pushes(GrpcCall stream, Clock clock, Executor workers) {
        this.stream = stream;
        this.clock = clock;
        this.workers = workers;
    }

    /** The stream has room again; on a thread that must not wait. */
    void ready() {
        workers.execute(this::write);
    }

    /** Says something at once that needs no acknowledgement. */
    synchronized void say(String type, ObjectNode message) {
        if (!stopped) {
            stream.say(NacosPayloads.payload(type, message));
        }
    }

    /** There is something new of a subject. */
    synchronized void push(String key, Newest newest) {
        if (!stopped) {
            due(subjects.computeIfAbsent(key, _ -> new Subject(newest)));
            write();
        }
    }

    private void due(Subject subject) {
        if (!subject.due) {
            subject.due = true;
            if (subject.underWay.isEmpty()) {
                toWrite.add(subject);
            }
        }
    }

    synchronized void forget(String key) {
        var subject = subjects.remove(key);
        if (subject != null) {
            subject.forgotten = true;
            byRequest.remove(subject.underWay);
        }
    }

    /** On a thread that must not wait. */
    synchronized void acknowledged(String request) {
        var subject = byRequest.remove(request);
        if (subject != null) {
            arrived(subject);
            if (subject.due) {
                workers.execute(this::write);
            }
        }
    }

    private void arrived(Subject subject) {
        subject.underWay = "";
        if (subject.due) {
            toWrite.add(subject);
        }
    }

    private synchronized void write() {
        while (!stopped && !toWrite.isEmpty() && stream.isReady()) {
            var subject = toWrite.remove();
            if (subject.forgotten) {
                continue;
            }
            subject.due = false;
            subject.underWay = Long.toString(++requests);
            subject.sentNanos = clock.nanoTime();
            byRequest.put(subject.underWay, subject);
            stream.say(subject.newest.write(subject.underWay));
            if (!looking) {
                lookIn(ACKNOWLEDGED_WITHIN);
            }
        }
    }

    private void lookIn(Duration delay) {
        looking = true;
        clock.schedule(delay, () -> workers.execute(this::look));
    }

    /** What was not acknowledged in time is due again; the next look is when the next one's time may be over. */
    private synchronized void look() {
        looking = false;
        long now = clock.nanoTime();
        long left = Long.MAX_VALUE;
        for (var subject : new ArrayDeque<>(byRequest.values())) {
            long wait = ACKNOWLEDGED_WITHIN.toNanos() - (now - subject.sentNanos);
            if (wait > 0) {
                left = Math.min(left, wait);
                continue;
            }
            byRequest.remove(subject.underWay);
            subject.due = true;
            arrived(subject);
        }
        write();
        if (!looking && !stopped && left < Long.MAX_VALUE) {
            lookIn(Duration.ofNanos(left));
        }
    }

    synchronized void stop() {
        stopped = true;
        subjects.clear();
        byRequest.clear();
        toWrite.clear();
    }

    /** Tells the client that its connection is over, and to connect anew. */
    synchronized void end(String why) {
        if (!stopped) {
            stop();
            stream.end(GrpcCode.ABORTED, why);
        }
    }
}
