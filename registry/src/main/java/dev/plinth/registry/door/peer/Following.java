package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.HeldState;
import dev.plinth.registry.Registration;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.wire.registry.v1.FollowBeat;
import dev.plinth.wire.registry.v1.FollowBegins;
import dev.plinth.wire.registry.v1.FollowRequest;
import dev.plinth.wire.registry.v1.FollowTells;
import dev.plinth.wire.registry.v1.FollowUpdate;
import dev.plinth.wire.registry.v1.RegistryPeersGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One stream of what another server's sessions vouch for, into this server's registry. Its state belongs to the turns. */
final class Following {
    /*
     * The next message is taken from the transport when the registry has answered for this one: so one that is overloaded is not
     * overrun. One that refuses breaks the stream, and the next stream's digests show what is missing.
     */

    /** With nothing heard for so long, the server counts as lost: four of its beats, and well within every lease. */
    static final Duration SILENCE_MAX = Duration.ofSeconds(2);

    /** The other server's clock may run faster than the one here by one in so many, and no more. */
    private static final long DRIFT_PARTS = 100;

    /** Who wants to know how the stream fares; called in turns. */
    interface Listener {
        /** Whether what this server tells is wanted. */
        boolean begins(long server);

        /** The server has said which others it hears. */
        void hears(List<Long> servers);

        /** Called once; not after {@link #cancel}. */
        void ended(Status status);
    }

    private final Registry registry;
    private final Channel channel;
    private final long wanted;
    private final long known;
    private final Clock clock;
    private final Executor workers;
    private final SynchronizationContext turns;
    private final Listener listener;

    private @Nullable ClientCallStreamObserver<FollowRequest> call;
    private Clock.@Nullable Alarm alarm;
    private long heardNanos;

    /**
     * When the other end began to count time for this stream, by the clock here: not later than it was, but for the shortest time that
     * a beat took lately. So a beat that was held up on its way does not make what it says newer.
     */
    private long countedSinceNanos;

    private long server;
    private boolean begun;
    private boolean over;

    /**
     * @param wanted the incarnation that is asked for; 0 for that of the server at the other end
     * @param known the incarnation that may be copied here in part; 0 for none
     */
    Following(
            Registry registry,
            Channel channel,
            long wanted,
            long known,
            Clock clock,
            Executor workers,
            SynchronizationContext turns,
            Listener listener) {
        this.registry = registry;
        this.channel = channel;
        this.wanted = wanted;
        this.known = known;
        this.clock = clock;
        this.workers = workers;
        this.turns = turns;
        this.listener = listener;
    }

    boolean hasBegun() {
        return begun && !over;
    }

    void start() {
        heardNanos = clock.nanoTime();
        watchForSilence();
        var _ = registry.held(known)
                .whenComplete((state, failure) -> later(() -> {
                    if (failure != null) {
                        end(Status.UNAVAILABLE.withDescription(failure.getMessage()));
                    } else {
                        ask(state);
                    }
                }));
    }

    private void ask(Optional<HeldState> copy) {
        countedSinceNanos = clock.nanoTime();
        var request =
                FollowRequest.newBuilder().setFollower(registry.incarnation()).setServer(wanted);
        copy.ifPresent(state ->
                request.setKnownServer(known).addAllDigests(state.digests().buckets()));
        RegistryPeersGrpc.newStub(channel)
                .follow(request.build(), new ClientResponseObserver<FollowRequest, FollowUpdate>() {
                    @Override
                    public void beforeStart(ClientCallStreamObserver<FollowRequest> stream) {
                        stream.disableAutoRequestWithInitial(1);
                        call = stream;
                    }

                    @Override
                    public void onNext(FollowUpdate update) {
                        later(() -> take(update));
                    }

                    @Override
                    public void onError(Throwable failure) {
                        later(() -> end(Status.fromThrowable(failure)));
                    }

                    @Override
                    public void onCompleted() {
                        later(() -> end(Status.UNAVAILABLE.withDescription("the server ended the stream")));
                    }
                });
    }

    private void take(FollowUpdate update) {
        long now = clock.nanoTime();
        countedSinceNanos += (now - heardNanos) / DRIFT_PARTS;
        heardNanos = now;
        try {
            switch (update.getUpdateCase()) {
                case BEGINS -> begins(update.getBegins());
                case TELLS -> tells(update.getTells());
                case BEAT -> {
                    if (update.getBeat().hasDigest()) {
                        compare(update.getBeat());
                    } else {
                        next();
                    }
                }
                case UPDATE_NOT_SET -> next(); // of a newer release, which can do without
            }
        } catch (IllegalArgumentException e) {
            end(Status.INTERNAL.withDescription("what it tells is not sound: " + e.getMessage()));
        }
    }

    private void begins(FollowBegins begins) {
        if (!begun) {
            server = begins.getServer();
            if ((wanted != 0 && server != wanted) || !listener.begins(server)) {
                end(Status.CANCELLED.withDescription("not the server that is wanted"));
                return;
            }
            begun = true;
        }
        submit(new RegistryCommand.PeerBegins(
                server,
                wanted == 0,
                begins.hasAtMicros() ? ago(begins.getAtMicros(), begins.getAgoMicros()) : Duration.ZERO,
                begins.getBucketsList()));
    }

    private void tells(FollowTells tells) {
        if (!begun) {
            throw new IllegalArgumentException("it tells before it begins");
        }
        List<Registration> held = new ArrayList<>(tells.getHeldCount());
        tells.getHeldList().forEach(message -> held.add(HeldMessages.registration(message, server)));
        var gone = tells.getGoneList().stream().map(EndpointName::ofKey).toList();
        submit(new RegistryCommand.PeerTells(server, held, gone, tells.getComplete()));
    }

    /** How long ago something was that was {@code agoMicros} before the time of the other end. */
    private Duration ago(long atMicros, long agoMicros) {
        long atNanos = TimeUnit.MICROSECONDS.toNanos(atMicros);
        countedSinceNanos = Math.min(countedSinceNanos, heardNanos - atNanos);
        return Duration.ofNanos(clock.nanoTime() - countedSinceNanos - atNanos)
                .plus(Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(agoMicros)));
    }

    private void compare(FollowBeat beat) {
        var _ = registry.held(server)
                .whenComplete((state, failure) -> later(() -> {
                    if (failure == null
                            && state.isPresent()
                            && state.get().digests().sum() == beat.getDigest()) {
                        var ago = beat.hasAtMicros() ? ago(beat.getAtMicros(), beat.getAgoMicros()) : Duration.ZERO;
                        submit(new RegistryCommand.PeerHeard(server, ago));
                        listener.hears(beat.getHearsList());
                    } else {
                        end(Status.DATA_LOSS.withDescription(
                                "the copy differs from what it is a copy of; following anew"));
                    }
                }));
    }

    private void submit(RegistryCommand command) {
        var _ = registry.submit(command)
                .whenComplete((outcome, failure) -> later(() -> {
                    if (failure != null) {
                        end(Status.UNAVAILABLE.withDescription("the registry here refused: " + failure.getMessage()));
                    } else if (outcome instanceof RegistryOutcome.Denied denied) {
                        end(Status.RESOURCE_EXHAUSTED.withDescription(denied.message()));
                    } else {
                        next();
                    }
                }));
    }

    private void next() {
        if (call != null && !over) {
            call.request(1);
        }
    }

    private void watchForSilence() {
        var left = SILENCE_MAX.minusNanos(clock.nanoTime() - heardNanos);
        alarm = clock.schedule(
                left.isPositive() ? left : Duration.ZERO,
                () -> later(() -> {
                    if (Duration.ofNanos(clock.nanoTime() - heardNanos).compareTo(SILENCE_MAX) >= 0) {
                        end(Status.DEADLINE_EXCEEDED.withDescription("nothing was heard for " + SILENCE_MAX));
                    } else {
                        watchForSilence();
                    }
                }));
    }

    private void end(Status status) {
        boolean was = begun;
        stop(status);
        if (was) {
            lost();
        }
        listener.ended(status);
    }

    /** Ends the stream because the server is heard by another way. */
    void cancel() {
        if (!over) {
            stop(Status.CANCELLED.withDescription("followed by another way"));
        }
    }

    /** Ends the stream though nobody else tells of the server: what it told holds for its lease. */
    void abandon() {
        if (!over) {
            boolean was = begun;
            stop(Status.CANCELLED.withDescription("not followed any more"));
            if (was) {
                lost();
            }
        }
    }

    private void stop(Status status) {
        over = true;
        if (alarm != null) {
            alarm.cancel();
        }
        if (call != null) {
            call.cancel(status.getDescription(), null);
        }
    }

    /** Said until it is heard: a server that is gone must not count as followed. */
    private void lost() {
        var _ = registry.submit(new RegistryCommand.PeerLost(server)).whenComplete((outcome, failure) -> {
            if (failure instanceof Refused refused) {
                refused.retryAfter().ifPresent(pause -> clock.schedule(pause, this::lost));
            }
        });
    }

    /** Takes work from a thread that must not wait, in the order in which it comes; none of it once the stream is over. */
    private void later(Runnable work) {
        turns.executeLater(() -> {
            if (!over) {
                work.run();
            }
        });
        workers.execute(turns::drain);
    }
}
