package dev.plinth.sdk.transactions;

import dev.plinth.sdk.HostPort;
import java.time.Duration;
import java.util.List;

/**
 * Where the coordinator is, and how this process uses it. Start with {@link #of}; everything else has a default.
 *
 * @param application the application's name; the coordinator may call any process of the same name for phase two
 * @param coordinators the Seata doors, of Plinth or of an original Seata server, any one of which will do; the next is taken when
 *     one is away
 * @param group Seata's transaction service group
 * @param requestTimeout for one answer of the coordinator; 1 ms to 1 h
 * @param phaseTwoConcurrencyMax confirms and cancels that run at once here; 1 to 10,000. About as many as there are database
 *     connections to run them on
 */
public record TransactionOptions(
        String application,
        List<HostPort> coordinators,
        String group,
        Duration requestTimeout,
        int phaseTwoConcurrencyMax) {

    /*
     * Longer than a coordinator lets a commit's answer wait for phase two (Plinth's 10 s): a participant that is slow must not
     * look like an answer that was lost.
     */
    private static final Duration REQUEST_TIMEOUT_DEFAULT = Duration.ofSeconds(15);
    private static final Duration REQUEST_TIMEOUT_MAX = Duration.ofHours(1);

    public TransactionOptions {
        coordinators = List.copyOf(coordinators);
        if (coordinators.isEmpty()) {
            throw new IllegalArgumentException("coordinators: at least one address is needed");
        }
        if (application.isBlank() || application.indexOf(':') >= 0 || application.indexOf(',') >= 0) {
            throw new IllegalArgumentException(
                    "application: '" + application + "' is blank, or has ':' or ',', which the protocol takes apart");
        }
        if (group.isBlank()) {
            throw new IllegalArgumentException("group: must not be blank");
        }
        if (requestTimeout.toMillis() < 1 || requestTimeout.compareTo(REQUEST_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("requestTimeout: " + requestTimeout + " is not within 1 ms..1 h");
        }
        if (phaseTwoConcurrencyMax < 1 || phaseTwoConcurrencyMax > 10_000) {
            throw new IllegalArgumentException(
                    "phaseTwoConcurrencyMax: " + phaseTwoConcurrencyMax + " is not within 1..10000");
        }
    }

    public static TransactionOptions of(String application, HostPort... coordinators) {
        return new TransactionOptions(
                application, List.of(coordinators), "default_tx_group", REQUEST_TIMEOUT_DEFAULT, 64);
    }

    public TransactionOptions withGroup(String other) {
        return new TransactionOptions(application, coordinators, other, requestTimeout, phaseTwoConcurrencyMax);
    }

    public TransactionOptions withRequestTimeout(Duration other) {
        return new TransactionOptions(application, coordinators, group, other, phaseTwoConcurrencyMax);
    }

    public TransactionOptions withPhaseTwoConcurrencyMax(int other) {
        return new TransactionOptions(application, coordinators, group, requestTimeout, other);
    }
}
