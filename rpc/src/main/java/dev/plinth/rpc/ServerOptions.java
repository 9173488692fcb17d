package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltLimits;
import java.lang.annotation.Annotation;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * How a server serves. Start with {@link #DEFAULT}.
 *
 * @param listen port 0 takes a free one
 * @param ioThreads threads that read and write; they run no service
 * @param executor runs the services; a virtual thread for each call if empty
 * @param runningMax calls that run at once; the others wait for their turn, or for their deadline
 * @param requestsMax calls that run or wait; a further one is answered OVERLOADED
 * @param requestBytesMax bytes of all these calls' bodies; beyond, a further one is answered OVERLOADED. And as much again for
 *     requests that have not come whole yet; beyond, their connections are closed
 * @param connectionsMax a further one is closed at once
 * @param idle a connection over which nothing came for so long, not even a heartbeat, is closed
 * @param limits of one frame
 * @param filters around each call, the first one outermost
 * @param guard keeps calls out that are for users of another cell
 * @param userId the annotation that marks the user's id among a method's parameters
 */
public record ServerOptions(
        InetSocketAddress listen,
        int ioThreads,
        Optional<Executor> executor,
        int runningMax,
        int requestsMax,
        long requestBytesMax,
        int connectionsMax,
        Duration idle,
        BoltLimits limits,
        List<ServeFilter> filters,
        Optional<CellGuard> guard,
        Class<? extends Annotation> userId) {

    /** A free port on loopback, virtual threads, and limits for a process of some hundred megabytes. */
    public static final ServerOptions DEFAULT = new ServerOptions(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            2,
            Optional.empty(),
            1_024,
            8_192,
            128L << 20,
            10_000,
            Duration.ofMinutes(5),
            BoltLimits.DEFAULT,
            List.of(),
            Optional.empty(),
            UserId.class);

    public ServerOptions {
        filters = List.copyOf(filters);
        requirePositive("ioThreads", ioThreads);
        requirePositive("runningMax", runningMax);
        requirePositive("requestsMax", requestsMax);
        requirePositive("requestBytesMax", requestBytesMax);
        requirePositive("connectionsMax", connectionsMax);
        requirePositive("idle in ms", idle.toMillis());
    }

    private static void requirePositive(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " is less than 1");
        }
    }

    public ServerOptions withListen(InetSocketAddress address) {
        return new ServerOptions(
                address,
                ioThreads,
                executor,
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                idle,
                limits,
                filters,
                guard,
                userId);
    }

    /** Services run on this executor. */
    public ServerOptions withExecutor(Executor other) {
        return new ServerOptions(
                listen,
                ioThreads,
                Optional.of(other),
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                idle,
                limits,
                filters,
                guard,
                userId);
    }

    /** How many calls run at once, and how many run or wait. */
    public ServerOptions withRequests(int running, int runningOrWaiting) {
        return new ServerOptions(
                listen,
                ioThreads,
                executor,
                running,
                runningOrWaiting,
                requestBytesMax,
                connectionsMax,
                idle,
                limits,
                filters,
                guard,
                userId);
    }

    /** A connection over which nothing came for so long is closed. */
    public ServerOptions withIdle(Duration other) {
        return new ServerOptions(
                listen,
                ioThreads,
                executor,
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                other,
                limits,
                filters,
                guard,
                userId);
    }

    public ServerOptions withLimits(BoltLimits other) {
        return new ServerOptions(
                listen,
                ioThreads,
                executor,
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                idle,
                other,
                filters,
                guard,
                userId);
    }

    /** One more filter, within those that are there. */
    public ServerOptions with(ServeFilter filter) {
        List<ServeFilter> more = new ArrayList<>(filters);
        more.add(filter);
        return new ServerOptions(
                listen,
                ioThreads,
                executor,
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                idle,
                limits,
                more,
                guard,
                userId);
    }

    /** Serves as part of a cell. */
    public ServerOptions with(CellGuard cellGuard) {
        return new ServerOptions(
                listen,
                ioThreads,
                executor,
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                idle,
                limits,
                filters,
                Optional.of(cellGuard),
                userId);
    }

    /** Another annotation than {@link UserId} marks the user's id. */
    public ServerOptions withUserId(Class<? extends Annotation> annotation) {
        return new ServerOptions(
                listen,
                ioThreads,
                executor,
                runningMax,
                requestsMax,
                requestBytesMax,
                connectionsMax,
                idle,
                limits,
                filters,
                guard,
                annotation);
    }
}
