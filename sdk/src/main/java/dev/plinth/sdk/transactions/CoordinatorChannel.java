package dev.plinth.sdk.transactions;

import dev.plinth.sdk.Backoff;
import dev.plinth.sdk.HostPort;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the coordinator that is there again after it was lost: it reconnects, says anew who it is, and pairs answers
 * with requests.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection, and closeFuture is what is watched
final class CoordinatorChannel implements AutoCloseable {
    /*
     * Seata's server keeps one role a connection, so a process has two of these: one as transaction manager, one as resource
     * manager. A connection counts as ready once the coordinator has answered the registration; requests wait for that.
     *
     * A request is sent at most once. What was under way when the connection broke fails with TIMEOUT ("may have happened"),
     * and whoever asked decides whether it can be asked again: a commit can, a branch's registration cannot.
     *
     * With several coordinators one connection is enough, for any of them takes any request. When one is lost the next is tried at
     * once, and only when none of them is there the back-off begins.
     *
     * All state changes happen on the one event loop; `ready` is what the callers' threads see of it.
     */

    /** Requests without an answer yet, after which callers wait for a place. */
    static final int IN_FLIGHT_MAX = 4_096;

    static final Backoff BACKOFF = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1));

    private static final Logger LOG = System.getLogger(CoordinatorChannel.class.getName());
    private static final int CONNECT_TIMEOUT_MS = 3_000;
    private static final Duration REGISTER_TIMEOUT = Duration.ofSeconds(5);
    /* As Seata's own clients: a heartbeat after 5 s of silence on our side; 15 s of silence on the other mean that it is gone. */
    private static final int WRITER_IDLE_SECONDS = 5;
    private static final int READER_IDLE_SECONDS = 15;
    private static final int FLUSHES_CONSOLIDATED_MAX = 256;

    private final String role;
    private final List<HostPort> addresses;
    private final EventLoop loop;
    private final Supplier<SeataMessage> registration;
    private final CoordinatorRequests requests;
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    // Written on the event loop, read by callers: completed with the registered connection, replaced when that is lost.
    private volatile CompletableFuture<CoordinatorConnection> ready = new CompletableFuture<>();
    // All on the event loop only. The connection is there from TCP's handshake on, registered or not.
    private @Nullable CoordinatorConnection connection;
    private int failures;
    // Which of the addresses it is or comes next.
    private int turn;

    /**
     * Starts to connect.
     *
     * @param role for messages to people
     * @param addresses at least one; any will do
     * @param registration what to say first on each connection
     * @param requests takes what the coordinator asks; called on the event loop, must not block
     */
    CoordinatorChannel(
            String role,
            List<HostPort> addresses,
            EventLoopGroup group,
            Supplier<SeataMessage> registration,
            CoordinatorRequests requests) {
        this.role = role;
        this.addresses = addresses;
        this.loop = group.next();
        this.registration = registration;
        this.requests = requests;
        loop.execute(this::connect);
    }

    /**
     * Asks, and waits for the answer.
     *
     * @throws PlinthException {@code UNAVAILABLE} or {@code OVERLOADED} if it was not sent; {@code TIMEOUT} if it was, and no
     *     answer came in time or the connection was lost; {@code CLOSED}
     */
    SeataMessage.Response request(SeataMessage.Request message, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        CoordinatorConnection connection = awaitReady(deadline);
        boolean admitted = false;
        try {
            admitted = inFlight.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (!admitted) {
                throw PlinthException.overloaded(
                        IN_FLIGHT_MAX + " requests are waiting for the coordinator's answers", timeout, null);
            }
            return connection.call(message, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlinthException(Code.UNAVAILABLE, "interrupted before the coordinator was asked", e);
        } finally {
            if (admitted) {
                inFlight.release();
            }
        }
    }

    private CoordinatorConnection awaitReady(long deadline) {
        try {
            return ready.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new PlinthException(Code.UNAVAILABLE, "no connection to the coordinator at " + addresses, e);
        } catch (ExecutionException e) {
            throw closedException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlinthException(Code.UNAVAILABLE, "interrupted while waiting for the coordinator", e);
        }
    }

    /** Sends the registration once more, because what it says has changed. If there is no connection, the next one will say it. */
    void registerAgain() {
        loop.execute(() -> {
            if (connection != null) {
                register(connection);
            }
        });
    }

    /** What waits for an answer fails with {@code TIMEOUT}, what waits for a connection with {@code CLOSED}. */
    @Override
    public void close() {
        if (!closed.complete(null)) {
            return;
        }
        loop.execute(() -> {
            if (connection == null) {
                ready.completeExceptionally(closedException());
            } else {
                connection.close();
            }
        });
    }

    private void connect() {
        if (closed.isDone()) {
            return;
        }
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new FlushConsolidationHandler(FLUSHES_CONSOLIDATED_MAX, true))
                                .addLast(new IdleStateHandler(READER_IDLE_SECONDS, WRITER_IDLE_SECONDS, 0))
                                .addLast(new SeataFrameDecoder())
                                .addLast(new CoordinatorConnection(channel, requests));
                    }
                });
        HostPort address = address();
        ChannelFuture attempt = bootstrap.connect(address.host(), address.port());
        attempt.addListener(done -> {
            if (done.isSuccess()) {
                connected(attempt.channel());
            } else {
                again(String.valueOf(done.cause().getMessage()));
            }
        });
    }

    private void connected(Channel channel) {
        CoordinatorConnection fresh = channel.pipeline().get(CoordinatorConnection.class);
        connection = fresh;
        channel.closeFuture().addListener(closing -> lost());
        // While nobody listens on a port of this host, TCP may connect a client that tries it with itself.
        boolean withItself = channel.remoteAddress().equals(channel.localAddress());
        if (closed.isDone() || withItself) {
            fresh.close();
        } else {
            register(fresh);
        }
    }

    private void register(CoordinatorConnection to) {
        to.send(registration.get())
                .orTimeout(REGISTER_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
                .whenCompleteAsync(
                        (answer, failure) -> {
                            if (!to.isOpen()) {
                                return; // lost() has seen to it
                            }
                            if (failure != null) {
                                LOG.log(
                                        Level.WARNING,
                                        "{0}: the coordinator at {1} did not answer the registration",
                                        role,
                                        address());
                                to.close();
                            } else if (!identified(answer)) {
                                LOG.log(
                                        Level.WARNING,
                                        "{0}: the coordinator at {1} refused the registration: {2}",
                                        role,
                                        address(),
                                        answer);
                                to.close();
                            } else if (ready.complete(to)) {
                                failures = 0;
                                LOG.log(Level.INFO, "{0}: connected to the coordinator at {1}", role, address());
                            }
                        },
                        loop);
    }

    private static boolean identified(SeataMessage answer) {
        return (answer instanceof SeataMessage.RegisterTMResponse tm && tm.identified())
                || (answer instanceof SeataMessage.RegisterRMResponse rm && rm.identified());
    }

    private void lost() {
        connection = null;
        if (ready.isDone()) {
            ready = new CompletableFuture<>();
        }
        if (closed.isDone()) {
            ready.completeExceptionally(closedException());
        } else {
            again("the connection was lost");
        }
    }

    private void again(String why) {
        failures++;
        if (failures == 1) {
            LOG.log(
                    Level.WARNING,
                    "{0}: no connection to the coordinator at {1}: {2}; trying again",
                    role,
                    address(),
                    why);
        }
        turn++;
        int rounds = failures / addresses.size();
        Duration delay =
                failures % addresses.size() == 0 ? BACKOFF.delay(rounds, ThreadLocalRandom.current()) : Duration.ZERO;
        if (!loop.isShuttingDown()) {
            loop.schedule(this::connect, delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private HostPort address() {
        return addresses.get(Math.floorMod(turn, addresses.size()));
    }

    private static PlinthException closedException() {
        return new PlinthException(Code.CLOSED, "the connection to the coordinator was closed by this process");
    }
}
