package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registration;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.ItemRefusal;
import dev.plinth.wire.registry.v1.Refusal;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.Subscribe;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One client's stream: its requests on their way in, answers and updates on their way out. */
final class Connection {
    /*
     * Memory is bounded both ways, whatever the client does. In: a request is taken from the transport only when an answer has been
     * written, so at most REQUESTS_MAX are under way, wait as answers, or wait to be read (Unread). Out (Outbox): each subscription
     * holds one batch at most, of references to endpoints that the engine holds anyway; the next batch is asked of the watch when this
     * one is written.
     *
     * All state below belongs to `turns`: gRPC's threads, the engine's and the clock's hand their work to it, and it does one thing
     * after the other, in the order in which it came.
     */
    static final int REQUESTS_MAX = 64;

    /** How long a stream may be open without a word. After the first, it is the lease. */
    static final Duration OPEN_WITHIN = Duration.ofSeconds(10);

    private final Registry registry;
    private final Clock clock;
    private final Executor workers;
    private final Line line;
    private final AtomicBoolean aboutToDrain = new AtomicBoolean();
    private final SynchronizationContext turns = new SynchronizationContext((thread, failure) -> doorFailed(failure));

    private final Unread unread;
    private final Outbox outbox;
    private final Map<String, ServiceStream> subscriptions = new LinkedHashMap<>();
    private Duration silenceMax = OPEN_WITHIN;
    private long lastHeardNanos;
    private Clock.@Nullable Alarm alarm;
    private @Nullable Hold hold;
    private boolean opening;
    private boolean aboutToWrite;
    private @Nullable Several several;
    private long settledNanos;
    private Clock.@Nullable Alarm settlingAlarm;
    private boolean ended;

    Connection(Registry registry, Clock clock, Executor workers, Gate large, Line line) {
        this.registry = registry;
        this.clock = clock;
        this.workers = workers;
        this.line = line;
        this.outbox = new Outbox(line);
        this.unread = new Unread(large, this::later, new Unread.Reader() {
            @Override
            public boolean isBusy() {
                return several != null;
            }

            @Override
            public void take(ClientMessage message) {
                Connection.this.take(message);
            }

            @Override
            public void unreadable(String why) {
                end(Status.INVALID_ARGUMENT.withDescription(why));
            }
        });
    }

    /** Called once, before the line's first message. */
    void start() {
        turns.execute(() -> {
            lastHeardNanos = clock.nanoTime();
            watchForSilence(silenceMax);
        });
        // The others are asked for when the session is open.
        line.request(1);
    }

    /** What the client says; {@link #takeTurns} follows. */
    void enqueue(Said said) {
        turns.executeLater(() -> {
            if (!ended) {
                lastHeardNanos = clock.nanoTime();
                unread.hear(said);
            }
        });
    }

    /** Does what there is to do, unless another thread is at it. */
    void takeTurns() {
        turns.drain();
    }

    /** The line has room again. */
    void ready() {
        turns.execute(this::write);
    }

    /** The client has nothing more to say: for the session it is as if the stream had broken. */
    void completed() {
        turns.execute(() -> {
            if (!ended) {
                release();
                line.complete();
            }
        });
    }

    /** The stream broke. */
    void broken() {
        turns.execute(this::release);
    }

    private static boolean hasMany(ClientMessage message) {
        return message.hasRegisterAll() || message.hasSubscribeAll();
    }

    private void take(ClientMessage message) {
        if (hold == null) {
            open(message);
            return;
        }
        long id = message.getRequestId();
        if (id == 0) {
            end(Status.INVALID_ARGUMENT.withDescription(
                    "request_id is 0: expected another number, to know the answer by"));
            return;
        }
        if (hasMany(message)) {
            takeAll(id, message, hold);
            return;
        }
        RegistryCommand.OfSession command;
        var knows = message.hasSubscribe() ? known(message.getSubscribe()) : OptionalLong.empty();
        try {
            command = Messages.command(message, hold);
        } catch (IllegalArgumentException e) {
            answer(Messages.refusal(id, Refusal.Code.INVALID, String.valueOf(e.getMessage()), Optional.empty()));
            return;
        }
        submit(command, outcome -> answered(id, command, knows, outcome), refused -> {
            answer(Messages.refusal(id, refused));
            if (refused.code() != Refused.Code.OVERLOADED) {
                end(Messages.status(refused));
            }
        });
    }

    private static OptionalLong known(Subscribe subscribe) {
        return subscribe.hasKnown() ? OptionalLong.of(subscribe.getKnown()) : OptionalLong.empty();
    }

    private void takeAll(long id, ClientMessage message, Hold held) {
        var items = Messages.items(message, held);
        if (items.isEmpty() || items.size() > Several.ITEMS_MAX) {
            answer(Messages.refusal(
                    id,
                    Refusal.Code.INVALID,
                    "the message has " + items.size() + " requests: expected 1 to " + Several.ITEMS_MAX,
                    Optional.empty()));
            return;
        }
        several = new Several(id, items);
        goOn(several);
    }

    private void goOn(Several all) {
        all.next(
                registry,
                () -> later(() -> {
                    if (ended) {
                        return;
                    }
                    if (all.isTaken()) {
                        several = null;
                        unread.taken();
                        answeredAll(all);
                        unread.goOn();
                    } else {
                        goOn(all);
                    }
                }));
    }

    private void answeredAll(Several all) {
        var answer = Answer.newBuilder().setRequestId(all.id);
        List<ServiceStream> fresh = new ArrayList<>();
        Status over = Status.OK;
        for (int i = 0; i < all.items.size(); i++) {
            var item = all.items.get(i);
            var result = all.result(i);
            var refusal = Messages.refusal(item, result);
            if (refusal.isEmpty() && item.command() instanceof RegistryCommand.Subscribe subscribe) {
                refusal = follow(subscribe.service(), item.known(), fresh);
            }
            if (refusal.isPresent()) {
                answer.addRefused(ItemRefusal.newBuilder().setIndex(i).setRefusal(refusal.get()));
                over = switch (refusal.get().getCode()) {
                    case SESSION_EXPIRED, SESSION_SUPERSEDED ->
                        Status.ABORTED.withDescription(refusal.get().getMessage());
                    case STOPPED ->
                        Status.UNAVAILABLE.withDescription(refusal.get().getMessage());
                    default -> over;
                };
            }
        }
        answer(ServerMessage.newBuilder().setAnswer(answer).build());
        if (over.isOk()) {
            fresh.forEach(this::start);
        } else {
            end(over);
        }
    }

    private void open(ClientMessage message) {
        if (!message.hasOpen() || opening) {
            end(Status.INVALID_ARGUMENT.withDescription(
                    "the first request is " + message.getRequestCase() + ": expected OPEN"));
            return;
        }
        RegistryCommand.Open command;
        try {
            command = Messages.command(message.getOpen());
        } catch (IllegalArgumentException e) {
            end(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
            return;
        }
        opening = true;
        outbox.several(message.getOpen().getSeveralUpdates());
        var _ = registry.submit(command)
                .whenComplete((outcome, failure) -> later(() -> {
                    if (failure != null) {
                        failed(failure, refused -> end(Messages.status(refused)));
                    } else {
                        opened(outcome);
                    }
                }));
    }

    private void opened(RegistryOutcome outcome) {
        switch (outcome) {
            case RegistryOutcome.Opened opened -> {
                if (ended) {
                    // The stream broke meanwhile; the session waits for its client until the lease is over.
                    detach(opened.hold());
                    return;
                }
                hold = opened.hold();
                silenceMax = opened.lease();
                settledNanos = clock.nanoTime() + opened.settling().toNanos();
                watchForSilence(silenceMax);
                outbox.answer(Messages.opened(opened, registry.incarnation()));
                line.request(REQUESTS_MAX - 1);
                write();
            }
            case RegistryOutcome.Denied denied -> end(Status.RESOURCE_EXHAUSTED.withDescription(denied.message()));
            case RegistryOutcome.Done _, RegistryOutcome.Batch _ ->
                throw new IllegalStateException("an open was answered with " + outcome);
        }
    }

    private void answered(long id, RegistryCommand.OfSession command, OptionalLong knows, RegistryOutcome outcome) {
        switch (outcome) {
            case RegistryOutcome.Done _ -> done(id, command, knows);
            case RegistryOutcome.Denied denied -> {
                answer(Messages.refusal(id, Messages.code(denied.reason()), denied.message(), denied.retryAfter()));
                switch (denied.reason()) {
                    case DUPLICATE, OVERLOADED -> {}
                    case SESSION_EXPIRED, SESSION_SUPERSEDED -> end(Status.ABORTED.withDescription(denied.message()));
                }
            }
            case RegistryOutcome.Opened _, RegistryOutcome.Batch _ ->
                throw new IllegalStateException("a request within a session was answered with " + outcome);
        }
    }

    private void done(long id, RegistryCommand.OfSession command, OptionalLong knows) {
        switch (command) {
            case RegistryCommand.Subscribe subscribe -> {
                List<ServiceStream> fresh = new ArrayList<>();
                var refusal = follow(subscribe.service(), knows, fresh);
                // The answer first, then the service's endpoints.
                answer(refusal.isEmpty() ? Messages.done(id) : Messages.refusal(id, refusal.get()));
                fresh.forEach(this::start);
                return;
            }
            case RegistryCommand.Unsubscribe unsubscribe -> unsubscribe(unsubscribe.service());
            case RegistryCommand.Close _ -> {
                answer(Messages.done(id));
                hold = null;
                outbox.flushAnswers();
                release();
                line.complete();
                return;
            }
            case RegistryCommand.KeepAlive _, RegistryCommand.Register _, RegistryCommand.Deregister _ -> {}
            case RegistryCommand.Batch _ -> throw new IllegalStateException("a batch was answered as one");
        }
        answer(Messages.done(id));
    }

    /** Begins to watch, if this stream does not yet; what is begun is added to {@code fresh}, to be started after the answer. */
    private Optional<Refusal> follow(String service, OptionalLong knows, List<ServiceStream> fresh) {
        if (subscriptions.containsKey(service)) {
            return Optional.empty();
        }
        var watcher = new Watcher<Registration>() {
            @Nullable
            ServiceStream stream;

            @Override
            public void accept(Batch<Registration> batch) {
                later(() -> {
                    if (stream != null && subscriptions.get(service) == stream) {
                        stream.take(batch);
                        outbox.news(stream);
                        writeSoon();
                    }
                });
            }
        };
        try {
            var stream = new ServiceStream(service, knows.isPresent(), registry.watch(service, knows, watcher));
            watcher.stream = stream;
            subscriptions.put(service, stream);
            fresh.add(stream);
            return Optional.empty();
        } catch (Refused refused) {
            if (hold != null) {
                submit(new RegistryCommand.Unsubscribe(hold, service), _ -> {}, _ -> {});
            }
            return Optional.of(Messages.refusal(refused));
        }
    }

    /**
     * Who knows the service from before waits while the registry settles: its list is short only because clients are not back. At
     * other times a list that differs has changed.
     */
    private void start(ServiceStream stream) {
        stream.subscription.next();
        if (!stream.waits()) {
            return;
        }
        var settling = Duration.ofNanos(settledNanos - clock.nanoTime());
        if (!settling.isPositive()) {
            stream.subscription.insist();
        } else if (settlingAlarm == null) {
            lookAgain(settling);
        }
    }

    /** The registry settles for longer than it said when others come back late. */
    private void lookAgain(Duration in) {
        settlingAlarm = clock.schedule(in, () -> {
            var _ = registry.settling()
                    .whenComplete((settling, failure) -> later(() -> {
                        if (ended || failure != null) {
                            return;
                        }
                        if (settling.isPositive()) {
                            lookAgain(settling);
                            return;
                        }
                        settledNanos = clock.nanoTime();
                        for (var waiting : subscriptions.values()) {
                            if (waiting.waits()) {
                                waiting.subscription.insist();
                            }
                        }
                    }));
        });
    }

    private void unsubscribe(String service) {
        var stream = subscriptions.remove(service);
        if (stream != null) {
            stream.subscription.close();
            outbox.remove(stream);
        }
    }

    /** In a turn. */
    private void submit(
            RegistryCommand.OfSession command, Consumer<RegistryOutcome> answered, Consumer<Refused> refused) {
        var answer = registry.submit(command);
        // Nearly always the registry has its answer at once; then it has its turn when this one is over, for which
        // nobody is woken.
        Executor turn = answer.isDone() ? turns::executeLater : this::later;
        var _ = answer.whenComplete((outcome, failure) -> turn.execute(() -> {
            if (ended) {
                return;
            }
            if (failure != null) {
                failed(failure, refused);
            } else {
                answered.accept(outcome);
            }
        }));
    }

    private void failed(Throwable failure, Consumer<Refused> refused) {
        if (!(failure instanceof Refused reason)) {
            throw new IllegalStateException("the registry failed otherwise than it says", failure);
        }
        if (!ended) {
            refused.accept(reason);
        }
    }

    /** Takes work from a thread that must not wait, in the order in which it comes. */
    private void later(Runnable work) {
        turns.executeLater(work);
        // Whoever is about to do what was brought before does this too.
        if (aboutToDrain.compareAndSet(false, true)) {
            workers.execute(() -> {
                aboutToDrain.set(false);
                turns.drain();
            });
        }
    }

    private void answer(ServerMessage message) {
        outbox.answer(message);
        write();
    }

    /** When what else has a turn now has had it: of what is new at once, as much as fits goes in one message. */
    private void writeSoon() {
        if (!aboutToWrite) {
            aboutToWrite = true;
            turns.executeLater(() -> {
                aboutToWrite = false;
                write();
            });
        }
    }

    private void write() {
        if (!ended) {
            outbox.write();
        }
    }

    private void watchForSilence(Duration within) {
        if (alarm != null) {
            alarm.cancel();
        }
        alarm = clock.schedule(
                within,
                () -> later(() -> {
                    if (ended) {
                        return;
                    }
                    var silent = Duration.ofNanos(clock.nanoTime() - lastHeardNanos);
                    var left = silenceMax.minus(silent);
                    if (left.isPositive()) {
                        watchForSilence(left);
                    } else {
                        end(Status.DEADLINE_EXCEEDED.withDescription(
                                hold == null
                                        ? "no open came within " + OPEN_WITHIN.toMillis() + " ms"
                                        : "nothing was heard for the lease of " + silenceMax.toMillis() + " ms"));
                    }
                }));
    }

    private void end(Status status) {
        if (!ended) {
            outbox.flushAnswers();
            release();
            line.fail(status);
        }
    }

    /** Gives back what the stream holds. The session stays, for its client to come back to. */
    private void release() {
        if (ended) {
            return;
        }
        ended = true;
        if (alarm != null) {
            alarm.cancel();
        }
        if (settlingAlarm != null) {
            settlingAlarm.cancel();
        }
        subscriptions.values().forEach(stream -> stream.subscription.close());
        subscriptions.clear();
        unread.close();
        outbox.clear();
        if (hold != null) {
            detach(hold);
        }
    }

    /** If it is refused, the session counts as connected until its lease is over, which does no harm but to a successor. */
    private void detach(Hold held) {
        var _ = registry.submit(new RegistryCommand.Detach(held));
    }

    private void doorFailed(Throwable failure) {
        if (!ended) {
            release();
            line.fail(
                    Status.INTERNAL.withDescription("the stream's door failed").withCause(failure));
        }
    }
}
