package dev.plinth.registry.door.peer;

import dev.plinth.wire.registry.v1.FollowRequest;
import dev.plinth.wire.registry.v1.FollowUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The line from one simulated server to another, with the streams on it: in order, with flow control, until it is cut. */
final class SimulatedLine extends ManagedChannel {
    private static final int READY_BELOW = 4;

    /** The other end: its door, as long as its process lives. */
    interface OtherEnd {
        Optional<RegistryPeersDoor> door();
    }

    private final OtherEnd other;
    private final List<Stream> streams = new ArrayList<>();
    private boolean cut;
    private boolean shut;

    SimulatedLine(OtherEnd other) {
        this.other = other;
    }

    /** Nothing gets through, and nobody is told. */
    void cut(boolean isCut) {
        cut = isCut;
    }

    boolean isCut() {
        return cut;
    }

    /** One thing happens on the line. Returns false if there is nothing to happen. */
    boolean step() {
        if (cut) {
            return false;
        }
        for (var stream : List.copyOf(streams)) {
            if (stream.step()) {
                return true;
            }
        }
        return false;
    }

    /** The process at the other end is gone: its streams end, as soon as the line carries the news. */
    void otherGone() {
        streams.forEach(stream -> {
            stream.toFollower.clear();
            stream.end = Status.UNAVAILABLE.withDescription("the server is gone");
            stream.served = false;
        });
    }

    /** The process at this end is gone. */
    void thisGone() {
        streams.forEach(stream -> {
            if (stream.served) {
                stream.cancelled = true;
                stream.deaf = true;
            }
        });
        streams.removeIf(stream -> !stream.served);
        shut = true;
    }

    @Override
    public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
        var stream = new Stream();
        streams.add(stream);
        return stream.call();
    }

    @Override
    public String authority() {
        return "simulated";
    }

    @Override
    public ManagedChannel shutdown() {
        shut = true;
        return this;
    }

    @Override
    public ManagedChannel shutdownNow() {
        return shutdown();
    }

    @Override
    public boolean isShutdown() {
        return shut;
    }

    @Override
    public boolean isTerminated() {
        return shut;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }

    /** One server follows another on this line. */
    private final class Stream extends ServerCallStreamObserver<FollowUpdate> {
        private final ArrayDeque<FollowUpdate> toFollower = new ArrayDeque<>();
        private ClientCall.@Nullable Listener<FollowUpdate> listener;
        private @Nullable FollowRequest request;
        private int requested;
        private boolean served;
        private boolean cancelled;

        /** Nobody is at the follower's end. */
        private boolean deaf;

        private @Nullable Status end;
        private Runnable ready = () -> {};
        private Runnable cancel = () -> {};

        boolean step() {
            if (cancelled) {
                streams.remove(this);
                if (served) {
                    cancel.run();
                }
                return true;
            }
            var asked = request;
            if (asked != null) {
                request = null;
                var door = other.door();
                if (door.isEmpty()) {
                    end = Status.UNAVAILABLE.withDescription("nobody listens");
                } else {
                    served = true;
                    door.get().follow(asked, this);
                }
                return true;
            }
            if (!toFollower.isEmpty() && requested > 0) {
                requested--;
                boolean wasFull = toFollower.size() >= READY_BELOW;
                listener().onMessage(toFollower.remove());
                if (wasFull && toFollower.size() < READY_BELOW && served) {
                    ready.run();
                }
                return true;
            }
            if (toFollower.isEmpty() && end != null) {
                streams.remove(this);
                listener().onClose(end, new Metadata());
                return true;
            }
            return false;
        }

        private ClientCall.Listener<FollowUpdate> listener() {
            if (listener == null) {
                throw new IllegalStateException("a stream that was not started");
            }
            return listener;
        }

        @SuppressWarnings("unchecked") // servers follow one another, and ask nothing else
        <Q, A> ClientCall<Q, A> call() {
            return (ClientCall<Q, A>) new ClientCall<FollowRequest, FollowUpdate>() {
                @Override
                public void start(Listener<FollowUpdate> started, Metadata headers) {
                    listener = started;
                }

                @Override
                public void request(int count) {
                    requested += count;
                }

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {
                    // The follower hears no more of it, and the followed one when the line carries the news.
                    cancelled = true;
                    deaf = true;
                    toFollower.clear();
                }

                @Override
                public void halfClose() {
                    // There is one request, and it is on its way.
                }

                @Override
                public void sendMessage(FollowRequest message) {
                    request = message;
                }
            };
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {
            cancel = handler;
        }

        @Override
        public void setCompression(String compression) {
            throw new UnsupportedOperationException("no compression here");
        }

        @Override
        public void setMessageCompression(boolean enable) {
            throw new UnsupportedOperationException("no compression here");
        }

        @Override
        public boolean isReady() {
            return toFollower.size() < READY_BELOW;
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            ready = handler;
        }

        @Override
        public void disableAutoInboundFlowControl() {
            // Nothing comes but the one request.
        }

        @Override
        public void disableAutoRequest() {
            // As above, by its newer name.
        }

        @Override
        public void request(int count) {
            // As above.
        }

        @Override
        public void onNext(FollowUpdate update) {
            if (!deaf) {
                toFollower.add(update);
            }
        }

        @Override
        public void onError(Throwable failure) {
            end = failure instanceof StatusRuntimeException known ? known.getStatus() : Status.UNKNOWN;
        }

        @Override
        public void onCompleted() {
            end = Status.OK;
        }
    }
}
