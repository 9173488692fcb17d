package dev.plinth.bench.trust;

import dev.plinth.wire.spiffe.SpiffeWorkloadAPIGrpc;
import dev.plinth.wire.spiffe.X509SVIDRequest;
import dev.plinth.wire.spiffe.X509SVIDResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** How long identities took, each from when it was due to be asked for until it was there. */
final class IssuedTimes {
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int DIGITS = 3;
    private static final long LOOK_MILLIS = 5;

    private final Histogram nanos = new ConcurrentHistogram(MOST_NANOS, DIGITS);
    private volatile @Nullable Throwable failure;

    /** Asks for one, and ends the stream with the first answer. */
    void ask(SpiffeWorkloadAPIGrpc.SpiffeWorkloadAPIStub api, long due) {
        api.fetchX509SVID(
                X509SVIDRequest.getDefaultInstance(), new ClientResponseObserver<X509SVIDRequest, X509SVIDResponse>() {
                    private Optional<ClientCallStreamObserver<X509SVIDRequest>> call = Optional.empty();
                    private boolean answered;

                    @Override
                    public void beforeStart(ClientCallStreamObserver<X509SVIDRequest> started) {
                        call = Optional.of(started);
                    }

                    @Override
                    public void onNext(X509SVIDResponse answer) {
                        answered = true;
                        nanos.recordValue(Math.min(System.nanoTime() - due, MOST_NANOS));
                        call.ifPresent(started -> started.cancel("it was all that was wanted", null));
                    }

                    @Override
                    public void onError(Throwable error) {
                        if (!answered) {
                            failure = error;
                        }
                    }

                    @Override
                    public void onCompleted() {
                        failure = new IOException("a stream ended by itself");
                    }
                });
    }

    /**
     * Waits for so many.
     *
     * @throws IOException if one failed, or they take longer
     */
    Histogram await(long count, Duration most) throws IOException, InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (nanos.getTotalCount() < count) {
            var failed = failure;
            if (failed != null) {
                throw new IOException("an identity was refused: " + failed.getMessage(), failed);
            }
            if (System.nanoTime() > end) {
                throw new IOException(nanos.getTotalCount() + " identities of " + count + " came within " + most);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        return nanos;
    }
}
