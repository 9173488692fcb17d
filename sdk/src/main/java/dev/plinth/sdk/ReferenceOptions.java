package dev.plinth.sdk;

import java.time.Duration;
import java.util.Optional;

/**
 * How a service is called.
 *
 * @param version of the service; a provider of another version is another service
 * @param timeout for each call, retries included; the SDK's own default if empty
 * @param idempotent a call may be carried out twice without harm: it may be sent to another endpoint when the first one
 *     failed after it may have begun
 */
public record ReferenceOptions(String version, Optional<Duration> timeout, boolean idempotent) {

    /** Version 1.0, the default time-out, not idempotent. */
    public static final ReferenceOptions DEFAULT = new ReferenceOptions("1.0", Optional.empty(), false);

    public ReferenceOptions withVersion(String other) {
        return new ReferenceOptions(other, timeout, idempotent);
    }

    public ReferenceOptions withTimeout(Duration other) {
        return new ReferenceOptions(version, Optional.of(other), idempotent);
    }

    public ReferenceOptions withIdempotent(boolean other) {
        return new ReferenceOptions(version, timeout, other);
    }
}
