package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a client calls. Start with {@link #DEFAULT}.
 *
 * @param ioThreads threads that read and write
 * @param connectTimeout for one attempt
 * @param callTimeout of a call whose reference does not say
 * @param heartbeat how long a connection may be silent before it is asked whether it lives; after three times as long without
 *     an answer it is closed
 * @param idle a connection over which nothing was called for so long is closed
 * @param backOffMin how long an endpoint is left alone after one failure to connect; twice as long after each further one
 * @param backOffMax and at most so long
 * @param inFlightMax calls without an answer on one connection; a further one goes elsewhere, or ends with OVERLOADED
 * @param limits of one frame
 * @param zone endpoints of this zone are preferred
 * @param maps where the cell map comes from: calls for a user go to the cell that owns the user
 * @param filters around each call, the first one outermost
 */
public record ClientOptions(
        int ioThreads,
        Duration connectTimeout,
        Duration callTimeout,
        Duration heartbeat,
        Duration idle,
        Duration backOffMin,
        Duration backOffMax,
        int inFlightMax,
        BoltLimits limits,
        Optional<String> zone,
        Optional<CellMapSource> maps,
        List<CallFilter> filters) {

    public static final ClientOptions DEFAULT = new ClientOptions(
            2,
            Duration.ofSeconds(1),
            Duration.ofSeconds(3),
            Duration.ofSeconds(15),
            Duration.ofMinutes(10),
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            4_096,
            BoltLimits.DEFAULT,
            Optional.empty(),
            Optional.empty(),
            List.of());

    public ClientOptions {
        filters = List.copyOf(filters);
        requirePositive("ioThreads", ioThreads);
        requirePositive("inFlightMax", inFlightMax);
        requirePositive("connectTimeout in ms", connectTimeout.toMillis());
        requirePositive("callTimeout in ms", callTimeout.toMillis());
        requirePositive("heartbeat in ms", heartbeat.toMillis());
        requirePositive("idle in ms", idle.toMillis());
        requirePositive("backOffMin in ms", backOffMin.toMillis());
        if (backOffMax.compareTo(backOffMin) < 0) {
            throw new IllegalArgumentException(
                    "backOffMax: " + backOffMax + " is less than backOffMin = " + backOffMin);
        }
    }

    private static void requirePositive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " is less than 1");
        }
    }

    public ClientOptions withConnectTimeout(Duration other) {
        return new ClientOptions(
                ioThreads,
                other,
                callTimeout,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                limits,
                zone,
                maps,
                filters);
    }

    public ClientOptions withCallTimeout(Duration other) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                other,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                limits,
                zone,
                maps,
                filters);
    }

    /** How long a connection may be silent before it is asked whether it lives. */
    public ClientOptions withHeartbeat(Duration other) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                other,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                limits,
                zone,
                maps,
                filters);
    }

    /** How long an endpoint is left alone after failures to connect. */
    public ClientOptions withBackOff(Duration min, Duration max) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                heartbeat,
                idle,
                min,
                max,
                inFlightMax,
                limits,
                zone,
                maps,
                filters);
    }

    public ClientOptions withInFlightMax(int other) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                other,
                limits,
                zone,
                maps,
                filters);
    }

    public ClientOptions withLimits(BoltLimits other) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                other,
                zone,
                maps,
                filters);
    }

    /** This process runs in a zone, and prefers endpoints there. */
    public ClientOptions inZone(String name) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                limits,
                Optional.of(name),
                maps,
                filters);
    }

    /** One more filter, within those that are there. */
    public ClientOptions with(CallFilter filter) {
        List<CallFilter> more = new ArrayList<>(filters);
        more.add(filter);
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                limits,
                zone,
                maps,
                more);
    }

    /** Calls for a user go to the cell that owns the user, by this map. */
    public ClientOptions with(CellMapSource source) {
        return new ClientOptions(
                ioThreads,
                connectTimeout,
                callTimeout,
                heartbeat,
                idle,
                backOffMin,
                backOffMax,
                inFlightMax,
                limits,
                zone,
                Optional.of(source),
                filters);
    }
}
