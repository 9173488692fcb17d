package dev.plinth.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One member's life with a partition: the real partition and the real engine, with somebody who looks at everything that passes
 * between journal, partition, engine, performer and watcher, and compares it with what is known from outside.
 */
final class Seat<X extends Engine<C, O, E, V>, C, O, E, V> {
    /** Whole states are compared at every so many entries. */
    private static final int STATE_EVERY = 8;

    /** Somebody who performs effects in the world outside. */
    interface World<C, E> {
        void perform(Seat<?, C, ?, E, ?> seat, EffectId id, E effect, Performer.Attempt<C> end);
    }

    private final String name;
    private final Subject<X, C, O, E, V> subject;
    private final Truth<C, O, E> truth;
    private final Judge judge;
    private final Coverage coverage;
    private final World<C, E> world;
    private final X engine;
    private final TreeMap<Long, E> open = new TreeMap<>();
    private Journal.@Nullable Member<C> member;
    private final Map<Long, Object> underWay = new HashMap<>();
    private final TreeMap<String, V> seen = new TreeMap<>();
    private Partition<Observed, C, O, E, V> partition;
    private Watcher.Subscription watch;
    private boolean watcherReady = true;
    private Revision watched = new Revision(0, 0);
    private @Nullable Entry<C> current;
    private boolean first;
    private boolean engineDecided;
    private long applied;
    private Instant stamp = Instant.EPOCH;
    private boolean leads;
    private boolean stopped;

    Seat(
            String name,
            Subject<X, C, O, E, V> subject,
            Truth<C, O, E> truth,
            Judge judge,
            Coverage coverage,
            World<C, E> world) {
        this.name = name;
        this.subject = subject;
        this.truth = truth;
        this.judge = judge;
        this.coverage = coverage;
        this.world = world;
        this.engine = subject.engine();
    }

    void start(Journal<C> journal, Clock clock) throws IOException {
        partition = Partition.durable(new Observed(), new Looked(journal), subject.codecs(), this::perform, clock);
        watch = partition.watch("", this::accept);
    }

    String name() {
        return name;
    }

    X engine() {
        return engine;
    }

    Partition<Observed, C, O, E, V> partition() {
        return partition;
    }

    long applied() {
        return applied;
    }

    boolean leads() {
        return leads;
    }

    /** The partition said that it takes nothing more in this life. */
    boolean stopped() {
        return stopped;
    }

    void sawStop() {
        stopped = true;
    }

    /** The whole state: sessions, effects and engine. */
    byte[] state() {
        return Truth.bytes(member.snapshot());
    }

    int openEffects() {
        return open.size();
    }

    /** Asks for the next batch of the watch, if the last one has come. */
    void watchOn() {
        if (watcherReady) {
            watcherReady = false;
            watch.next();
        }
    }

    Set<String> states() {
        Set<String> states = new HashSet<>(subject.states(engine));
        if (!open.isEmpty()) {
            states.add("effect open");
        }
        if (!underWay.isEmpty()) {
            states.add("effect under way");
        }
        if (leads) {
            states.add("leads");
        }
        return states;
    }

    // ---- between partition and performer

    private void perform(EffectId id, E effect, int attempt, Performer.Attempt<C> end) {
        judge.check(leads, () -> name + ": effect " + id + " was performed by one that does not lead");
        judge.check(
                effect.equals(open.get(id.value())),
                () -> name + ": effect " + id + " was performed and is not open: " + effect);
        judge.check(
                underWay.putIfAbsent(id.value(), end) == null,
                () -> name + ": effect " + id + " was performed while an attempt is under way");
        judge.check(attempt >= 1, () -> name + ": attempt " + attempt);
        judge.hear(() -> subject.performed(id, effect));
        coverage.event("effect performed");
        try {
            world.perform(this, id, effect, attempt(id, end));
        } catch (IllegalStateException e) {
            // A performer that throws has ended its attempt.
            underWay.remove(id.value());
            throw e;
        }
    }

    private Performer.Attempt<C> attempt(EffectId id, Performer.Attempt<C> end) {
        return new Performer.Attempt<>() {
            @Override
            public void result(C command) {
                underWay.remove(id.value(), end);
                end.result(command);
            }

            @Override
            public void failed(String reason) {
                underWay.remove(id.value(), end);
                end.failed(reason);
            }

            @Override
            public void failed(String reason, Duration retryAfter) {
                underWay.remove(id.value(), end);
                end.failed(reason, retryAfter);
            }
        };
    }

    // ---- between partition and watcher

    private void accept(Watcher.Batch<V> batch) {
        judge.check(
                batch.revision().index() >= watched.index(),
                () -> name + ": a watcher was told of " + batch.revision() + " after " + watched);
        judge.check(
                batch.revision().index() == applied,
                () -> name + ": a watcher was told of " + batch.revision() + " while " + applied + " is applied");
        watched = batch.revision();
        watcherReady = true;
        if (batch.reset()) {
            seen.clear();
        }
        for (var item : batch.items()) {
            item.view().ifPresentOrElse(view -> seen.put(item.key(), view), () -> seen.remove(item.key()));
        }
        if (batch.complete()) {
            // It is owed nothing any more, so it knows everything.
            judge.check(
                    seen.equals(views()),
                    () -> name + ": a watcher knows " + seen + " at " + watched + ", where there is " + views());
        }
    }

    private Map<String, V> views() {
        var views = new TreeMap<String, V>();
        for (var key : engine.keys("", "", Limits.READ_ITEMS_MAX)) {
            views.put(key, engine.view(key).orElseThrow());
        }
        return views;
    }

    /** What is left to see when all is at rest. */
    void checkWatch() {
        judge.check(
                seen.equals(views()),
                () -> name + ": a watcher came to rest with " + seen + ", where there is " + views());
    }

    // ---- between partition and engine

    /** The engine, as its partition sees it. */
    final class Observed implements Engine<C, O, E, V> {

        X inner() {
            return engine;
        }

        @Override
        public O apply(C command, Context<E> context) {
            judge.check(current != null, () -> name + ": the engine was asked outside of an entry");
            judge.check(!engineDecided, () -> name + ": the engine was asked twice by one entry");
            engineDecided = true;
            if (current.input() instanceof Input.Result<C>(var effect, var _)) {
                judge.check(
                        open.containsKey(effect.value()),
                        () -> name + ": a result came for effect " + effect + ", which is closed");
            }
            judge.check(
                    context.now().equals(current.stamp()),
                    () -> name + ": the engine was told " + context.now() + " at an entry of " + current.stamp());
            truth.decided(current, name);
            O outcome = engine.apply(command, watched(context));
            if (first) {
                judge.hear(() -> subject.tookPlace(current.revision().index(), command, outcome));
            }
            return outcome;
        }

        @Override
        public void tick(Context<E> context) {
            var due = engine.nextDeadline();
            judge.check(
                    due.isPresent() && !due.get().isAfter(context.now()),
                    () -> name + ": a tick at " + context.now() + ", and the next deadline is " + due);
            engine.tick(watched(context));
        }

        private Context<E> watched(Context<E> context) {
            long index = context.revision().index();
            return new Context<>() {
                @Override
                public Instant now() {
                    return context.now();
                }

                @Override
                public Revision revision() {
                    return context.revision();
                }

                @Override
                public int engineVersion() {
                    return context.engineVersion();
                }

                @Override
                public EffectId open(E effect) {
                    var id = context.open(effect);
                    judge.check(
                            open.put(id.value(), effect) == null, () -> name + ": effect " + id + " was opened twice");
                    if (first) {
                        truth.opened(index, id.value(), effect);
                    }
                    return id;
                }

                @Override
                public void close(EffectId effect) {
                    context.close(effect);
                    open.remove(effect.value());
                    underWay.remove(effect.value());
                    if (first) {
                        truth.closed(index, effect.value());
                    }
                }

                @Override
                public void changed(String key) {
                    context.changed(key);
                }
            };
        }

        @Override
        public Optional<Instant> nextDeadline() {
            return engine.nextDeadline();
        }

        @Override
        public Optional<V> view(String key) {
            return engine.view(key);
        }

        @Override
        public List<String> keys(String prefix, String after, int limit) {
            return engine.keys(prefix, after, limit);
        }

        @Override
        public Snapshot snapshot() {
            return engine.snapshot();
        }

        @Override
        public void restore(InputStream state) throws IOException {
            engine.restore(state);
        }
    }

    // ---- between journal and partition

    /** The journal, as its partition sees it. */
    private final class Looked extends ForwardingJournal<C> {
        Looked(Journal<C> inner) {
            super(inner);
        }

        @Override
        public void start(Member<C> started) throws IOException {
            member = started;
            super.start(new Member<>() {
                @Override
                public void restore(Revision revision, Instant then, InputStream state) throws IOException {
                    byte[] bytes = state.readAllBytes();
                    judge.check(
                            revision.index() >= applied,
                            () -> name + ": restored to " + revision + " after entry " + applied);
                    coverage.event(applied == 0 ? "started from a snapshot" : "restored from a snapshot while running");
                    truth.state(revision.index(), bytes, name + ", from a snapshot,");
                    applied = revision.index();
                    stamp = then;
                    open.clear();
                    open.putAll(truth.openAfter(applied));
                    underWay.clear();
                    member.restore(revision, then, new ByteArrayInputStream(bytes));
                    truth.state(applied, Truth.bytes(member.snapshot()), name + ", restored,");
                    truth.visible(applied, subject.visible(engine), name + ", restored,");
                    judge.hear(() -> subject.check(engine, stamp));
                }

                @Override
                public void apply(Entry<C> entry, @Nullable Ticket ticket) {
                    before(entry);
                    try {
                        member.apply(entry, ticket);
                    } catch (RuntimeException e) {
                        judge.check(false, () -> name + ": entry " + entry + " broke the engine: " + e.getCause());
                    }
                    after(entry, ticket != null);
                }

                @Override
                public Snapshot snapshot() {
                    long index = applied;
                    byte[] now = Truth.bytes(member.snapshot());
                    truth.state(index, now, name);
                    truth.visible(index, subject.visible(engine), name);
                    var snapshot = member.snapshot();
                    return out -> {
                        // It is encoded later, while the engine goes on.
                        byte[] bytes = Truth.bytes(snapshot);
                        truth.state(index, bytes, name + ", encoded later,");
                        out.write(bytes);
                    };
                }

                @Override
                public void lead() {
                    judge.check(!leads, () -> name + ": leads twice");
                    leads = true;
                    coverage.event("member leads");
                    member.lead();
                }

                @Override
                public void follow() {
                    leads = false;
                    underWay.clear();
                    member.follow();
                }

                @Override
                public void stopped(Refused reason) {
                    stopped = true;
                    member.stopped(reason);
                }
            });
        }

        private void before(Entry<C> entry) {
            var revision = entry.revision();
            judge.check(
                    revision.index() == applied + 1, () -> name + ": entry " + revision + " after entry " + applied);
            judge.check(!entry.stamp().isBefore(stamp), () -> name + ": stamp " + entry.stamp() + " after " + stamp);
            first = truth.entry(entry, name);
            if (first) {
                coverage.entry();
            }
            current = entry;
            engineDecided = false;
            applied = revision.index();
            stamp = entry.stamp();
        }

        private void after(Entry<C> entry, boolean proposedHere) {
            current = null;
            truth.applied(entry, engineDecided, name);
            if (proposedHere) {
                truth.acknowledged(entry.revision().index());
            }
            judge.hear(() -> subject.check(engine, entry.stamp()));
            if (applied % STATE_EVERY == 0) {
                truth.state(applied, Truth.bytes(member.snapshot()), name);
                truth.visible(applied, subject.visible(engine), name);
            }
        }

        @Override
        public void read(Runnable query, Ticket ticket) {
            long known = truth.acknowledged();
            super.read(
                    () -> {
                        judge.check(
                                applied >= known,
                                () -> name + ": a read saw entry " + applied + " where " + known + " was acknowledged");
                        query.run();
                    },
                    ticket);
        }
    }
}
