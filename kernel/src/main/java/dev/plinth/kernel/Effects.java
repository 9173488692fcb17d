package dev.plinth.kernel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The open effects of a partition, and their way through the performer while this member leads. */
final class Effects<E, C> {
    /*
     * Two halves. The table of open effects and the counter of their ids are state: built by replay, part of the snapshot, the
     * same on every member. What is under way, and how often it was tried, is the leader's own and dies with it.
     *
     * An effect is waiting (its turn has not come), under way (an attempt runs, or its result is on its way through the journal),
     * or backing off (an alarm is set). Closing it ends all three.
     */
    static final Duration BACK_OFF_FIRST = Duration.ofMillis(100);
    static final Duration BACK_OFF_MAX = Duration.ofSeconds(10);

    private final Performer<E, C> performer;
    private final Clock clock;
    private final Journal<C> journal;

    private final TreeMap<Long, E> open = new TreeMap<>();
    private long lastId;

    private boolean leads;
    private int underWay;
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();
    private final Map<Long, Course> courses = new HashMap<>();

    /** How far the leader has come with one effect. */
    private static final class Course {
        int attempts;
        boolean underWay;

        /** Set on the performer's thread before it proposes the result of the attempt that is under way. */
        volatile boolean hasResult;

        Clock.@Nullable Alarm backOff;
    }

    Effects(Performer<E, C> performer, Clock clock, Journal<C> journal) {
        this.performer = performer;
        this.clock = clock;
        this.journal = journal;
    }

    EffectId open(E effect) {
        lastId++;
        open.put(lastId, effect);
        if (leads) {
            waiting.add(lastId);
        }
        return new EffectId(lastId);
    }

    boolean isOpen(EffectId id) {
        return open.containsKey(id.value());
    }

    void close(EffectId id) {
        open.remove(id.value());
        var course = courses.remove(id.value());
        if (course != null) {
            if (course.backOff != null) {
                course.backOff.cancel();
            }
            if (course.underWay) {
                underWay--;
            }
        }
    }

    void lead() {
        leads = true;
        waiting.addAll(open.keySet());
        performNew();
    }

    void follow() {
        leads = false;
        waiting.clear();
        courses.values().forEach(course -> {
            if (course.backOff != null) {
                course.backOff.cancel();
            }
        });
        courses.clear();
        underWay = 0;
    }

    /** Starts what waits, as far as the limit allows. Called after the entry that opened it was applied, hence is durable. */
    void performNew() {
        while (leads && underWay < Limits.EFFECTS_UNDER_WAY_MAX && !waiting.isEmpty()) {
            long id = waiting.poll();
            E effect = open.get(id);
            if (effect == null) {
                continue;
            }
            var course = courses.computeIfAbsent(id, _ -> new Course());
            if (course.underWay || course.backOff != null) {
                continue;
            }
            course.attempts++;
            course.underWay = true;
            course.hasResult = false;
            underWay++;
            perform(id, effect, course);
        }
    }

    /** Ends the back-off of the effects that match. */
    void retry(Predicate<? super E> which) {
        if (!leads) {
            return;
        }
        courses.forEach((id, course) -> {
            E effect = open.get(id);
            if (effect != null && course.backOff != null && which.test(effect)) {
                course.backOff.cancel();
                course.backOff = null;
                course.attempts = 0;
                waiting.add(id);
            }
        });
        performNew();
    }

    /**
     * The engine saw a result and left the effect open: the next attempt follows after the back-off. The result may be an older
     * attempt's, whose proposal was given up and came all the same: the one that is under way then goes on.
     */
    void attemptEnded(EffectId id) {
        var course = courses.get(id.value());
        if (course != null && course.underWay && course.hasResult) {
            backOff(id.value(), course, pause(course.attempts));
        }
    }

    private void perform(long id, E effect, Course course) {
        var ended = new AtomicBoolean();
        var attempt = new Performer.Attempt<C>() {
            @Override
            public void result(C command) {
                if (ended.compareAndSet(false, true)) {
                    course.hasResult = true;
                    journal.propose(
                            new Input.Result<>(new EffectId(id), command),
                            // The result is lost with its refusal, so the effect is tried again: at least once.
                            reason -> journal.execute(() -> again(pause(course.attempts))));
                }
            }

            @Override
            public void failed(String reason) {
                failed(reason, pause(course.attempts));
            }

            @Override
            public void failed(String reason, Duration retryAfter) {
                if (ended.compareAndSet(false, true)) {
                    journal.execute(() -> again(retryAfter));
                }
            }

            private void again(Duration pause) {
                if (courses.get(id) == course && course.underWay) {
                    backOff(id, course, pause);
                }
            }
        };
        try {
            performer.perform(new EffectId(id), effect, course.attempts, attempt);
        } catch (RuntimeException e) {
            attempt.failed("the performer threw " + e);
        }
    }

    private void backOff(long id, Course course, Duration pause) {
        course.underWay = false;
        underWay--;
        course.backOff = clock.schedule(
                pause,
                () -> journal.execute(() -> {
                    if (courses.get(id) == course && course.backOff != null) {
                        course.backOff = null;
                        waiting.add(id);
                        performNew();
                    }
                }));
        performNew();
    }

    private static Duration pause(int attempts) {
        var pause = BACK_OFF_FIRST.multipliedBy(1L << Math.min(attempts - 1, 20));
        return pause.compareTo(BACK_OFF_MAX) > 0 ? BACK_OFF_MAX : pause;
    }

    Snapshot snapshot(Codec<E> codec) {
        long last = lastId;
        List<Map.Entry<Long, E>> copies = new ArrayList<>(open.entrySet().stream()
                .map(entry -> Map.entry(entry.getKey(), entry.getValue()))
                .toList());
        return out -> {
            var data = new DataOutputStream(out);
            data.writeLong(last);
            data.writeInt(copies.size());
            for (var copy : copies) {
                byte[] bytes = codec.encode(copy.getValue());
                data.writeLong(copy.getKey());
                data.writeInt(bytes.length);
                data.write(bytes);
            }
            data.flush();
        };
    }

    void restore(DataInputStream in, Codec<E> codec) throws IOException {
        open.clear();
        lastId = in.readLong();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            long id = in.readLong();
            int length = in.readInt();
            if (id < 1 || id > lastId || length < 0) {
                throw new IOException(
                        "effect " + id + " of " + length + " bytes in a snapshot whose last effect is " + lastId);
            }
            open.put(id, codec.decode(ByteBuffer.wrap(Stamps.readBytes(in, length))));
        }
    }
}
