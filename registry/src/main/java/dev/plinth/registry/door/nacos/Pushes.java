package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.kernel.Clock;
import dev.plinth.wire.nacos.Payload;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What a client is told on its stream without having asked: for each subject the newest, once it has acknowledged the one before. */
final class Pushes {
    /*
     * A subject that changes while its push is under way is pushed once more after the acknowledgement, as it is then. So a slow
     * client costs one message a subject, and skips what was in between. A push that is not acknowledged in time is repeated, as
     * it is then, for as long as the connection lives.
     */
    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(3);

    private static final class Subject {
        final String type;
        final Supplier<ObjectNode> newest;
        boolean due = true;
        String underWay = "";

        Subject(String type, Supplier<ObjectNode> newest) {
            this.type = type;
            this.newest = newest;
        }
    }

    private final ServerCallStreamObserver<Payload> stream;
    private final Clock clock;
    private final Executor workers;

    // All under this.
    private final Map<String, Subject> subjects = new LinkedHashMap<>();
    private final Map<String, String> subjectByRequest = new HashMap<>();
    private long requests;
    private boolean stopped;

    Pushes(ServerCallStreamObserver<Payload> stream, Clock clock, Executor workers) {
        this.stream = stream;
        this.clock = clock;
        this.workers = workers;
        stream.setOnReadyHandler(() -> workers.execute(this::write));
        stream.setOnCancelHandler(this::stop);
    }

    /** Says something at once that needs no acknowledgement. */
    synchronized void say(String type, ObjectNode message) {
        if (!stopped) {
            stream.onNext(NacosPayloads.payload(type, message));
        }
    }

    /** There is something new of a subject. */
    void push(String key, String type, Supplier<ObjectNode> newest) {
        synchronized (this) {
            subjects.computeIfAbsent(key, _ -> new Subject(type, newest)).due = true;
        }
        write();
    }

    synchronized void forget(String key) {
        var subject = subjects.remove(key);
        if (subject != null) {
            subjectByRequest.remove(subject.underWay);
        }
    }

    void acknowledged(String request) {
        synchronized (this) {
            var key = subjectByRequest.remove(request);
            if (key == null) {
                return;
            }
            var subject = subjects.get(key);
            if (subject != null && subject.underWay.equals(request)) {
                subject.underWay = "";
            }
        }
        write();
    }

    private void notAcknowledged(String request) {
        synchronized (this) {
            var key = subjectByRequest.remove(request);
            var subject = key == null ? null : subjects.get(key);
            if (subject != null && subject.underWay.equals(request)) {
                subject.underWay = "";
                subject.due = true;
            }
        }
        write();
    }

    private synchronized void write() {
        for (var entry : subjects.entrySet()) {
            if (stopped || !stream.isReady()) {
                return;
            }
            var subject = entry.getValue();
            if (subject.due && subject.underWay.isEmpty()) {
                subject.due = false;
                subject.underWay = Long.toString(++requests);
                subjectByRequest.put(subject.underWay, entry.getKey());
                var message = subject.newest.get().put("requestId", subject.underWay);
                stream.onNext(NacosPayloads.payload(subject.type, message));
                var request = subject.underWay;
                clock.schedule(ACKNOWLEDGED_WITHIN, () -> workers.execute(() -> notAcknowledged(request)));
            }
        }
    }

    synchronized void stop() {
        stopped = true;
        subjects.clear();
        subjectByRequest.clear();
    }

    synchronized void end(Status status) {
        if (!stopped) {
            stop();
            stream.onError(status.asRuntimeException());
        }
    }
}
