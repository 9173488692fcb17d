package dev.plinth.rpc;

import java.lang.annotation.Annotation;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * How one service is called. Start with {@link #DEFAULT}.
 *
 * @param version of the service
 * @param timeout of each call; the client's if empty
 * @param idempotent all methods are, marked or not
 * @param balance which of several endpoints takes a call
 * @param userId the annotation that marks the user's id among a method's parameters
 * @param types that answers may have besides those of the interface's signatures
 * @param typePackages packages whose types answers may have
 */
public record ReferenceOptions(
        String version,
        Optional<Duration> timeout,
        boolean idempotent,
        Balance balance,
        Class<? extends Annotation> userId,
        List<Class<?>> types,
        List<String> typePackages) {

    /** Which of several endpoints takes a call. */
    public enum Balance {
        /** Any, with the same chance. */
        RANDOM,
        /** Of two picked at random, the one with fewer calls of ours in flight: it levels out slow ones, and does not herd. */
        LEAST_IN_FLIGHT
    }

    public static final ReferenceOptions DEFAULT = new ReferenceOptions(
            ServiceName.VERSION_DEFAULT,
            Optional.empty(),
            false,
            Balance.LEAST_IN_FLIGHT,
            UserId.class,
            List.of(),
            List.of());

    public ReferenceOptions {
        types = List.copyOf(types);
        typePackages = List.copyOf(typePackages);
        timeout.ifPresent(it -> {
            if (it.toMillis() < 1) {
                throw new IllegalArgumentException("timeout: " + it + " is less than 1 ms");
            }
        });
    }

    public ReferenceOptions withVersion(String other) {
        return new ReferenceOptions(other, timeout, idempotent, balance, userId, types, typePackages);
    }

    public ReferenceOptions withTimeout(Duration other) {
        return new ReferenceOptions(version, Optional.of(other), idempotent, balance, userId, types, typePackages);
    }

    public ReferenceOptions withIdempotent(boolean other) {
        return new ReferenceOptions(version, timeout, other, balance, userId, types, typePackages);
    }

    public ReferenceOptions withBalance(Balance other) {
        return new ReferenceOptions(version, timeout, idempotent, other, userId, types, typePackages);
    }

    /** Another annotation than {@link UserId} marks the user's id. */
    public ReferenceOptions withUserId(Class<? extends Annotation> annotation) {
        return new ReferenceOptions(version, timeout, idempotent, balance, annotation, types, typePackages);
    }

    /** Answers may have these types, and those in these packages, too. */
    public ReferenceOptions allowing(Collection<Class<?>> moreTypes, Collection<String> morePackages) {
        return new ReferenceOptions(
                version, timeout, idempotent, balance, userId, List.copyOf(moreTypes), List.copyOf(morePackages));
    }
}
