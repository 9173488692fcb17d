package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import dev.plinth.registry.Digests;
import dev.plinth.registry.HeldState;
import dev.plinth.registry.Registration;
import dev.plinth.registry.Registry;
import dev.plinth.wire.registry.v1.FollowBeat;
import dev.plinth.wire.registry.v1.FollowBegins;
import dev.plinth.wire.registry.v1.FollowTells;
import dev.plinth.wire.registry.v1.FollowUpdate;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One server that follows this one: what it is told, as fast as it takes it. */
final class Follower {
    /*
     * A watch tells what is there and then what changes. It is opened before the digests are compared: so what changes between the
     * two is told as a change, and a bucket that was found equal may be left out of what is there.
     *
     * Memory is bounded as for every subscriber: one batch here, and in the kernel the keys that this follower is owed, or a
     * snapshot anew if those are too many.
     *
     * A beat's digest must be that of what the follower was told before it. The engine's thread both hands out batches and answers
     * for digests; so if by the time of the answer no batch was handed out but those that are written, the two agree.
     */
    static final Duration BEAT = Duration.ofMillis(500);

    /** Bytes of registrations in one message, but for the one that passes it. */
    private static final int MESSAGE_BYTES_MAX = 1 << 20;

    private final Registry registry;
    private final Clock clock;
    private final Executor workers;
    private final ServerCallStreamObserver<FollowUpdate> call;
    private final long server;
    private final Digests known;
    private final SynchronizationContext turns = new SynchronizationContext((thread, failure) -> broken(failure));

    /** Batches that the watch has handed out: counted on the engine's thread. */
    private final AtomicLong handedOut = new AtomicLong();

    // In turns.
    private Watcher.@Nullable Subscription subscription;
    private Watcher.@Nullable Batch<Registration> batch;
    private int sent;
    private long written;
    private boolean begun;
    private long askedNanos;
    private long begunAtMicros;
    private long begunAgoMicros;
    /** In a snapshot only these are told; afterwards everything is. */
    private Set<Integer> buckets = Set.of();

    private boolean inSnapshot;
    private Clock.@Nullable Alarm alarm;
    private boolean ended;

    Follower(
            Registry registry,
            Clock clock,
            Executor workers,
            ServerCallStreamObserver<FollowUpdate> call,
            long server,
            Digests known) {
        this.registry = registry;
        this.clock = clock;
        this.workers = workers;
        this.call = call;
        this.server = server;
        this.known = known;
    }

    void start() {
        askedNanos = clock.nanoTime();
        call.setOnReadyHandler(() -> turns.execute(this::write));
        call.setOnCancelHandler(() -> turns.execute(this::release));
        turns.execute(() -> {
            try {
                subscription = registry.watchHeld(server, next -> {
                    handedOut.incrementAndGet();
                    later(() -> take(next));
                });
            } catch (Refused refused) {
                end(Status.RESOURCE_EXHAUSTED.withDescription(refused.getMessage()));
                return;
            }
            subscription.next();
            askState(this::begin);
        });
    }

    /**
     * Asks for what the registry holds of the server, and as of when; if that is nothing to follow, the stream ends. What comes here by
     * way of another server is nothing to follow: two servers could keep each other's copy of a third for ever.
     */
    private void askState(ObjLongConsumer<HeldState> then) {
        var _ = registry.held(server).whenComplete((state, failure) -> {
            var told = failure == null ? state : Optional.<HeldState>empty();
            long now = clock.nanoTime();
            later(() -> {
                if (ended) {
                    return;
                }
                if (failure != null) {
                    end(Status.UNAVAILABLE.withDescription(failure.getMessage()));
                } else if (told.isEmpty() || !told.get().direct()) {
                    end(Status.NOT_FOUND.withDescription("the server is not followed from here"));
                } else {
                    then.accept(told.get(), micros(Duration.ofNanos(now - askedNanos)));
                }
            });
        });
    }

    private static long micros(Duration time) {
        return TimeUnit.NANOSECONDS.toMicros(time.toNanos());
    }

    private void begin(HeldState state, long atMicros) {
        begunAtMicros = atMicros;
        begunAgoMicros = micros(state.ago());
        begins(Set.copyOf(state.digests().differing(known)));
        begun = true;
        write();
        planBeat();
    }

    private void begins(Set<Integer> told) {
        buckets = told;
        call.onNext(FollowUpdate.newBuilder()
                .setBegins(FollowBegins.newBuilder()
                        .setServer(server)
                        .addAllBuckets(told.stream().sorted().toList())
                        .setBeatMillis((int) BEAT.toMillis())
                        .setAtMicros(begunAtMicros)
                        .setAgoMicros(begunAgoMicros))
                .build());
    }

    private void take(Watcher.Batch<Registration> next) {
        if (ended) {
            return;
        }
        batch = next;
        sent = 0;
        write();
    }

    private void write() {
        while (!ended && begun && batch != null && call.isReady()) {
            if (batch.reset() && sent == 0) {
                if (written > 0) {
                    // This follower was owed too much: everything is told anew.
                    begins(all());
                }
                inSnapshot = true;
            }
            writeSome(batch);
        }
    }

    private static Set<Integer> all() {
        Set<Integer> all = new HashSet<>();
        IntStream.range(0, Digests.BUCKETS).forEach(all::add);
        return all;
    }

    private void writeSome(Watcher.Batch<Registration> from) {
        var tells = FollowTells.newBuilder();
        int bytes = 0;
        while (sent < from.items().size() && bytes < MESSAGE_BYTES_MAX) {
            var item = from.items().get(sent);
            sent++;
            var key = Registry.endpointKey(item.key());
            if (inSnapshot && !buckets.contains(Digests.bucket(key))) {
                continue;
            }
            if (item.view().isPresent()) {
                var held = HeldMessages.message(item.view().get());
                bytes += held.getSerializedSize();
                tells.addHeld(held);
            } else {
                bytes += key.length();
                tells.addGone(key);
            }
        }
        boolean batchDone = sent == from.items().size();
        if (batchDone && from.complete() && inSnapshot) {
            tells.setComplete(true);
            inSnapshot = false;
        }
        if (tells.getHeldCount() > 0 || tells.getGoneCount() > 0 || tells.getComplete()) {
            call.onNext(FollowUpdate.newBuilder().setTells(tells).build());
        }
        if (batchDone) {
            batch = null;
            written++;
            subscription().next();
        }
    }

    private Watcher.Subscription subscription() {
        if (subscription == null) {
            throw new IllegalStateException("a batch came without a watch");
        }
        return subscription;
    }

    private void planBeat() {
        alarm = clock.schedule(
                BEAT,
                () -> later(() -> {
                    if (!ended) {
                        beat();
                        planBeat();
                    }
                }));
    }

    private void beat() {
        if (batch != null) {
            beat(FollowBeat.getDefaultInstance());
            return;
        }
        askState((state, atMicros) -> {
            boolean toldAll = batch == null && written == handedOut.get();
            beat(
                    toldAll
                            ? FollowBeat.newBuilder()
                                    .setDigest(state.digests().sum())
                                    .setAtMicros(atMicros)
                                    .setAgoMicros(micros(state.ago()))
                                    .addAllHears(state.hears())
                                    .build()
                            : FollowBeat.getDefaultInstance());
        });
    }

    /** Where the transport has no room, the follower has something to read yet. */
    private void beat(FollowBeat beat) {
        if (call.isReady()) {
            call.onNext(FollowUpdate.newBuilder().setBeat(beat).build());
        }
    }

    private void later(Runnable work) {
        turns.executeLater(work);
        workers.execute(turns::drain);
    }

    private void end(Status status) {
        if (!ended) {
            release();
            call.onError(status.asRuntimeException());
        }
    }

    private void release() {
        ended = true;
        batch = null;
        if (alarm != null) {
            alarm.cancel();
        }
        if (subscription != null) {
            subscription.close();
        }
    }

    private void broken(Throwable failure) {
        if (!ended) {
            end(Status.INTERNAL
                    .withDescription("the door to the registry's peers failed")
                    .withCause(failure));
        }
    }
}
