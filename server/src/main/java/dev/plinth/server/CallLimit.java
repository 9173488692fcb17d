package dev.plinth.server;

import dev.plinth.wire.grpc.RetryHint;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Refuses gRPC calls, before they are read, when so many are under way that a new one would only wait. */
final class CallLimit implements ServerInterceptor {
    /*
     * The journals have limits of their own, but what waits in front of them counts for none: a flood of calls would be taken in, one
     * and all, and each answered after a minute. Only calls of one question and one answer are counted; a stream lives as long as its
     * client, and watchers and sessions are limited where they are kept.
     */
    /** Calls under way at a time. */
    static final int CALLS_MAX = 8_192;

    private static final Duration RETRY_HINT = Duration.ofMillis(200);

    private final int most;
    private final AtomicInteger underWay = new AtomicInteger();

    CallLimit(int most) {
        this.most = most;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (call.getMethodDescriptor().getType() != MethodType.UNARY) {
            return next.startCall(call, headers);
        }
        if (underWay.incrementAndGet() > most) {
            underWay.decrementAndGet();
            call.close(
                    Status.RESOURCE_EXHAUSTED.withDescription(
                            "OVERLOADED: " + most + " calls are under way; try again later"),
                    RetryHint.trailers(Optional.of(RETRY_HINT)));
            return new ServerCall.Listener<>() {};
        }
        var place = new Place();
        try {
            return place.ofListener(next.startCall(place.of(call), headers));
        } catch (RuntimeException | Error e) {
            place.leave();
            throw e;
        }
    }

    /** How many are under way. */
    int underWay() {
        return underWay.get();
    }

    /** One call's; given back once, when it was answered or its client is gone, whichever is first. */
    private final class Place {
        private final AtomicBoolean left = new AtomicBoolean();

        void leave() {
            if (left.compareAndSet(false, true)) {
                underWay.decrementAndGet();
            }
        }

        <Q, A> ServerCall<Q, A> of(ServerCall<Q, A> call) {
            return new SimpleForwardingServerCall<>(call) {
                @Override
                public void close(Status status, Metadata trailers) {
                    leave();
                    super.close(status, trailers);
                }
            };
        }

        <Q> ServerCall.Listener<Q> ofListener(ServerCall.Listener<Q> listener) {
            return new SimpleForwardingServerCallListener<>(listener) {
                @Override
                public void onCancel() {
                    leave();
                    super.onCancel();
                }

                @Override
                public void onComplete() {
                    leave();
                    super.onComplete();
                }
            };
        }
    }
}
