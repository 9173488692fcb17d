package dev.plinth.wire.grpc;

import io.grpc.Metadata;
import java.time.Duration;
import java.util.Optional;

/**
 * When a call that was refused for load may be tried again: the trailer {@code grpc-retry-pushback-ms}, a whole number of milliseconds,
 * which gRPC's clients that retry by themselves obey (gRFC A6, "Pushback").
 */
public final class RetryHint {
    private static final Metadata.Key<String> PUSHBACK_MILLIS =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private RetryHint() {}

    /** The trailers of a refusal; none if nobody can tell when to try again. */
    public static Metadata trailers(Optional<Duration> retryAfter) {
        var trailers = new Metadata();
        retryAfter.ifPresent(after -> trailers.put(PUSHBACK_MILLIS, Long.toString(Math.max(1, after.toMillis()))));
        return trailers;
    }

    /** What a server said in its trailers; empty if it gave no hint, or none that is a number of milliseconds. */
    public static Optional<Duration> of(Metadata trailers) {
        var text = trailers.get(PUSHBACK_MILLIS);
        return text == null || !text.matches("[0-9]{1,9}")
                ? Optional.empty()
                : Optional.of(Duration.ofMillis(Long.parseLong(text)));
    }
}
