package dev.plinth.kernel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One engine fed by one journal, with its sessions, its open effects and its watchers: what a door talks to.
 *
 * <p>All methods may be called from any thread and none waits. A future fails with {@link Refused}, and with nothing else; it is
 * complete when the call returns, or is completed on the engine's thread, so what hangs on it hands its work on.
 *
 * @param <X> the engine
 * @param <C> its commands
 * @param <O> its outcomes
 * @param <E> its effects
 * @param <V> its views
 */
public final class Partition<X extends Engine<C, O, E, V>, C, O, E, V> implements AutoCloseable {
    /*
     * Whatever changes state comes in through the journal, so that a replay builds the same state: commands, results of effects,
     * ticks, and the coming and going of sessions. Whatever does not (reads, watches, attempts at effects) runs beside it on the
     * same thread, and is gone with the process.
     *
     * The partition's own state (sessions, open effects, the engine's version) is part of every snapshot, before the engine's.
     */
    private static final int SNAPSHOT_FORMAT = 1;

    /** If an engine's deadline does not move on with a tick, the next tick waits at least so long. */
    private static final Duration TICK_SPACING_MIN = Duration.ofMillis(1);

    /** When a tick is asked for again whose journal could not say when. */
    private static final Duration TICK_AGAIN_AFTER = Duration.ofSeconds(1);

    private final X engine;
    private final Journal<C> journal;
    private final Clock clock;
    private final Optional<Codecs<C, O, E>> codecs;
    private final Sessions<O> sessions;
    private final Effects<E, C> effects;
    private final Watches<V> watches;

    // Below: the engine's thread only.
    private int engineVersion = 1;
    private Revision applied = new Revision(0, 0);
    private boolean leads;
    private @Nullable Instant tickAt;
    private Clock.@Nullable Alarm tickAlarm;
    private @Nullable Refused stopped;

    /**
     * A partition whose state lasts: it is what the journal and its snapshots say.
     *
     * @param performer carries out the engine's effects
     * @throws IOException if the journal is damaged
     */
    public static <X extends Engine<C, O, E, V>, C, O, E, V> Partition<X, C, O, E, V> durable(
            X engine, Journal<C> journal, Codecs<C, O, E> codecs, Performer<E, C> performer, Clock clock)
            throws IOException {
        var partition = new Partition<X, C, O, E, V>(engine, journal, Optional.of(codecs), performer, clock);
        journal.start(partition.new Member());
        return partition;
    }

    /**
     * A partition whose state lives as long as the process: what it acknowledged, the clients bring back when they reconnect.
     *
     * @param performer carries out the engine's effects
     */
    public static <X extends Engine<C, O, E, V>, C, O, E, V> Partition<X, C, O, E, V> soft(
            X engine, Inbox<C> inbox, Performer<E, C> performer, Clock clock) {
        var partition = new Partition<X, C, O, E, V>(engine, inbox, Optional.empty(), performer, clock);
        inbox.start(partition.new Member());
        return partition;
    }

    private Partition(
            X engine, Journal<C> journal, Optional<Codecs<C, O, E>> codecs, Performer<E, C> performer, Clock clock) {
        this.engine = engine;
        this.journal = journal;
        this.codecs = codecs;
        this.clock = clock;
        this.sessions = new Sessions<>();
        this.effects = new Effects<>(performer, clock, journal);
        this.watches = new Watches<>(engine::view, engine::keys, engine::digest, Limits.WATCH_KEYS_TOTAL_MAX);
    }

    /** Proposes a command whose door has a duplicate rule of its own. Completes with the outcome once it is durable. */
    public CompletableFuture<O> submit(C command) {
        return propose(new Input.Command<>(Optional.empty(), command), this::outcome);
    }

    /**
     * Proposes a command of a client's session. A repetition gets the first outcome and changes nothing.
     *
     * <p>Refused with {@link Refused.Code#SESSION_EXPIRED} or {@link Refused.Code#SEQUENCE_TOO_OLD} as {@link CommandId} says.
     */
    public CompletableFuture<O> submit(CommandId id, C command) {
        return propose(new Input.Command<>(Optional.of(id), command), this::outcome);
    }

    /** Opens a client's session. It lives until {@link Limits#SESSION_IDLE_MAX} has passed without a command. */
    public CompletableFuture<ClientId> openSession() {
        return propose(new Input.OpenSession<>(), answer -> (ClientId) answer);
    }

    /** Ends a client's session; ending one that is gone changes nothing. */
    public CompletableFuture<Boolean> closeSession(ClientId client) {
        return propose(new Input.CloseSession<>(client), answer -> (Boolean) answer);
    }

    /** Switches the engine's behaviour to a version that all members support. Completes with the version that holds then. */
    public CompletableFuture<Integer> upgrade(int version) {
        return propose(new Input.Upgrade<>(version), answer -> (Integer) answer);
    }

    /**
     * Asks the engine on its own thread, after everything that was acknowledged before this call is applied.
     *
     * @param query short, changes nothing, keeps no reference to what is not immutable, and returns at most {@link
     *     Limits#READ_ITEMS_MAX} items
     */
    public <R> CompletableFuture<R> read(Function<? super X, ? extends R> query) {
        var answer = new Answer<R>(value -> {
            throw new IllegalStateException("a read is no proposal");
        });
        journal.read(
                () -> {
                    if (stopped != null) {
                        answer.refused(stopped);
                        return;
                    }
                    try {
                        answer.future.complete(query.apply(engine));
                    } catch (RuntimeException e) {
                        answer.future.completeExceptionally(e);
                    }
                },
                answer);
        return answer.future;
    }

    /**
     * Watches the keys that start with {@code prefix}. The first batch is a snapshot, in pages; call {@link
     * Watcher.Subscription#next} once for each batch that is wanted.
     *
     * <p>A watcher beyond {@link Limits#WATCHERS_MAX} is refused with {@link Refused.Code#OVERLOADED}.
     */
    public Watcher.Subscription watch(String prefix, Watcher<V> watcher) {
        return watch(prefix, OptionalLong.empty(), watcher);
    }

    /**
     * As {@link #watch(String, Watcher)}, for a watcher that knows the state from before.
     *
     * @param known the {@linkplain Engine#digest digest} of what it knows. When that is what there is, now or later, the first batch
     *     is one without items that is no reset, and only changes follow. Until then nothing comes, or, once the watcher {@linkplain
     *     Watcher.Subscription#insist insists}, a snapshot.
     */
    public Watcher.Subscription watch(String prefix, OptionalLong known, Watcher<V> watcher) {
        var watch = watches.open(prefix, known, watcher);
        return new Watcher.Subscription() {
            @Override
            public void next() {
                journal.execute(() -> {
                    if (stopped == null) {
                        watches.next(watch, applied);
                    }
                });
            }

            @Override
            public void insist() {
                journal.execute(() -> {
                    if (stopped == null) {
                        watches.insist(watch, applied);
                    }
                });
            }

            @Override
            public void close() {
                watches.release(watch);
                journal.execute(() -> watches.remove(watch));
            }
        };
    }

    /** Ends the back-off of the open effects that match, because what stood in their way is gone: a participant is back. */
    public void retryEffects(Predicate<? super E> which) {
        journal.execute(() -> effects.retry(which));
    }

    /** Stops the journal and all that hangs on it. What waits for an answer is refused. */
    @Override
    public void close() {
        journal.close();
    }

    @SuppressWarnings("unchecked") // an answer to a command is what the engine gave for it
    private O outcome(Object answer) {
        return (O) answer;
    }

    private <R> CompletableFuture<R> propose(Input<C> input, Function<Object, R> read) {
        var answer = new Answer<R>(read);
        journal.propose(input, answer);
        return answer.future;
    }

    /** Who waits for an answer. */
    private static final class Answer<R> implements Journal.Ticket {
        private final CompletableFuture<R> future = new CompletableFuture<>();
        private final Function<Object, R> read;

        Answer(Function<Object, R> read) {
            this.read = read;
        }

        void answered(Object answer) {
            future.complete(read.apply(answer));
        }

        @Override
        public void refused(Refused reason) {
            future.completeExceptionally(reason);
        }
    }

    /** This partition, as its journal sees it. */
    private final class Member implements Journal.Member<C> {

        @Override
        public void apply(Entry<C> entry, Journal.@Nullable Ticket ticket) {
            if (stopped != null) {
                refuse(ticket, unapplied(stopped));
                return;
            }
            Object answer;
            try {
                answer = decide(entry);
            } catch (RuntimeException | StackOverflowError e) {
                // A member that goes on after a broken invariant would serve a state that nobody can vouch for.
                var reason = new Refused(
                        Refused.Code.STOPPED,
                        "the engine broke an invariant at entry " + entry.revision() + ": " + e,
                        e);
                refuse(ticket, unapplied(reason));
                stopped(reason);
                throw new EngineBroken(engine.getClass().getSimpleName(), entry, e);
            }
            applied = entry.revision();
            if (ticket != null) {
                if (answer instanceof Refused refused) {
                    ticket.refused(refused);
                } else if (ticket instanceof Answer<?> waiting) {
                    waiting.answered(answer);
                }
            }
            effects.performNew();
            watches.deliver(applied);
            planTick();
        }

        private Object decide(Entry<C> entry) {
            sessions.expire(entry.stamp());
            return switch (entry.input()) {
                case Input.Command<C> command -> decideOnce(command, entry);
                case Input.Result<C> result -> {
                    if (!effects.isOpen(result.effect())) {
                        yield false;
                    }
                    engine.apply(result.command(), context(entry));
                    effects.attemptEnded(result.effect());
                    yield true;
                }
                case Input.Tick<C> _ -> {
                    tickAt = null;
                    var due = engine.nextDeadline();
                    if (due.isPresent() && !due.get().isAfter(entry.stamp())) {
                        engine.tick(context(entry));
                    }
                    yield true;
                }
                case Input.OpenSession<C> _ -> sessions.open(entry.revision().index(), entry.stamp());
                case Input.CloseSession<C> close -> sessions.close(close.client());
                case Input.Upgrade<C> upgrade -> {
                    engineVersion = Math.max(engineVersion, upgrade.engineVersion());
                    yield engineVersion;
                }
            };
        }

        private Object decideOnce(Input.Command<C> command, Entry<C> entry) {
            if (command.id().isEmpty()) {
                return engine.apply(command.command(), context(entry));
            }
            var id = command.id().get();
            return switch (sessions.lookUp(id, entry.stamp())) {
                case Sessions.Seen.First<O> _ -> {
                    O outcome = engine.apply(command.command(), context(entry));
                    sessions.record(id, outcome);
                    yield outcome;
                }
                case Sessions.Seen.Before<O>(O outcome) -> outcome;
                case Sessions.Seen.Not<O>(Refused reason) -> reason;
            };
        }

        private Context<E> context(Entry<C> entry) {
            return new Context<>() {
                @Override
                public Instant now() {
                    return entry.stamp();
                }

                @Override
                public Revision revision() {
                    return entry.revision();
                }

                @Override
                public int engineVersion() {
                    return engineVersion;
                }

                @Override
                public EffectId open(E effect) {
                    return effects.open(effect);
                }

                @Override
                public void close(EffectId effect) {
                    effects.close(effect);
                }

                @Override
                public void changed(String key) {
                    watches.changed(key);
                }
            };
        }

        @Override
        public Snapshot snapshot() {
            var codec = codecs.orElseThrow(() -> new IllegalStateException("a soft partition has no snapshots"));
            int version = engineVersion;
            Snapshot sessionsNow = sessions.snapshot(codec.outcomes());
            Snapshot effectsNow = effects.snapshot(codec.effects());
            Snapshot engineNow = engine.snapshot();
            return out -> {
                var data = new DataOutputStream(out);
                data.writeInt(SNAPSHOT_FORMAT);
                data.writeInt(version);
                sessionsNow.encode(data);
                effectsNow.encode(data);
                engineNow.encode(data);
                data.flush();
            };
        }

        @Override
        public void restore(Revision revision, Instant stamp, InputStream state) throws IOException {
            var codec = codecs.orElseThrow(() -> new IllegalStateException("a soft partition has no snapshots"));
            var data = new DataInputStream(state);
            int format = data.readInt();
            if (format != SNAPSHOT_FORMAT) {
                throw new IOException("snapshot format " + format + "; this release reads " + SNAPSHOT_FORMAT);
            }
            engineVersion = data.readInt();
            sessions.restore(data, codec.outcomes());
            effects.restore(data, codec.effects());
            engine.restore(data);
            applied = revision;
            watches.replaced(applied);
        }

        @Override
        public void lead() {
            leads = true;
            effects.lead();
            planTick();
        }

        @Override
        public void follow() {
            leads = false;
            effects.follow();
            cancelTick();
        }

        @Override
        public void stopped(Refused reason) {
            if (stopped == null) {
                stopped = reason;
                follow();
                watches.clear();
            }
        }

        /** A durable entry has its place in the order: it may take place yet, with an engine that does not break on it. */
        private Refused unapplied(Refused reason) {
            return codecs.isEmpty()
                    ? reason
                    : new Refused(Refused.Code.UNKNOWN, "ordered, and not applied: " + reason.getMessage());
        }

        private static void refuse(Journal.@Nullable Ticket ticket, Refused reason) {
            if (ticket != null) {
                ticket.refused(reason);
            }
        }
    }

    /** Makes sure that a tick is proposed when the engine wants one. One alarm at a time; an earlier deadline replaces it. */
    private void planTick() {
        if (!leads) {
            return;
        }
        var due = engine.nextDeadline();
        if (due.isEmpty()) {
            cancelTick();
            return;
        }
        if (tickAt != null && !due.get().isBefore(tickAt)) {
            return;
        }
        cancelTick();
        tickAt = due.get();
        var wait = Duration.between(journal.now(), due.get());
        var delay = wait.compareTo(TICK_SPACING_MIN) < 0 ? TICK_SPACING_MIN : wait;
        tickAlarm = clock.schedule(delay, () -> journal.propose(new Input.Tick<>(), new TickTicket()));
    }

    private void cancelTick() {
        if (tickAlarm != null) {
            tickAlarm.cancel();
        }
        tickAlarm = null;
        tickAt = null;
    }

    /** A tick that was refused for now, or lost, is asked for again when it may help: the engine may have no other visitor. */
    private final class TickTicket implements Journal.Ticket {
        @Override
        public void refused(Refused reason) {
            again(reason)
                    .ifPresent(pause -> clock.schedule(
                            pause,
                            () -> journal.execute(() -> {
                                tickAt = null;
                                planTick();
                            })));
        }

        private static Optional<Duration> again(Refused reason) {
            return switch (reason.code()) {
                // Lost with a leader: this member may lead on, or again, without having been told otherwise.
                case NOT_LEADER, UNKNOWN -> Optional.of(reason.retryAfter().orElse(TICK_AGAIN_AFTER));
                case OVERLOADED, STORAGE, STOPPED, TOO_LARGE, SESSION_EXPIRED, SEQUENCE_TOO_OLD -> reason.retryAfter();
            };
        }
    }
}
