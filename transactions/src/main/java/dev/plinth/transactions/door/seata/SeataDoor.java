package dev.plinth.transactions.door.seata;

import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.Xid;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port for Seata's clients: transaction managers and resource managers of Seata 1.x and 2.x with Seata's own serializer, and
 * this project's SDK.
 *
 * <p>The protocol cannot authenticate, so the door belongs on loopback, behind something that can, or to networks that are named.
 */
public final class SeataDoor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SeataDoor.class);

    /** Where Seata's clients look for the coordinator unless told otherwise. */
    public static final int PORT_DEFAULT = 8091;

    /** Undo records that are so many days old can belong to no live transaction; Seata's default. */
    private static final int UNDO_LOG_SAVE_DAYS = 7;

    private static final Duration UNDO_LOG_DELETION_FIRST = Duration.ofMinutes(3);
    private static final Duration UNDO_LOG_DELETION_PERIOD = Duration.ofDays(1);

    /** Connections that the system accepts before we do. */
    private static final int BACKLOG = 1024;

    /** Answers that may share one write to the socket. */
    private static final int FLUSHES_TOGETHER_MAX = 256;

    private final EventLoopGroup threads;
    private final ChannelGroup connections;
    private final Channel server;
    private final InetSocketAddress advertised;

    /**
     * Where the door is and how long it waits.
     *
     * @param listen the address to listen on; port 0 takes any free one
     * @param advertised the address in the XIDs, not looked up; clients that find the coordinator by an XID turn to it. Port 0 is the
     *     one that was opened
     * @param admitted from where clients may come; others' connections are closed before anything of theirs is read
     * @param idleMax a connection that sends nothing for so long, not even a heartbeat (clients send one every 5 s), is closed
     */
    public record Options(
            InetSocketAddress listen, InetSocketAddress advertised, Predicate<InetAddress> admitted, Duration idleMax) {
        private static final Duration IDLE_MAX_DEFAULT = Duration.ofSeconds(15);

        public Options {
            if (advertised.getHostString().isBlank()) {
                throw new IllegalArgumentException("the host in the XIDs is empty");
            }
            if (idleMax.toMillis() < 1) {
                throw new IllegalArgumentException("the longest idle time is 1 ms or more, not " + idleMax);
            }
        }

        /** On this address, which is also the one in the XIDs; for everybody who reaches it. */
        public static Options on(InetSocketAddress listen) {
            return new Options(listen, listen, _ -> true, IDLE_MAX_DEFAULT);
        }

        /** These, with another address in the XIDs. */
        public Options advertising(InetSocketAddress other) {
            return new Options(listen, other, admitted, idleMax);
        }

        /** These, for clients who come from there alone. */
        public Options admitting(Predicate<InetAddress> from) {
            return new Options(listen, advertised, from, idleMax);
        }

        private InetSocketAddress advertised(int opened) {
            return advertised.getPort() == 0
                    ? InetSocketAddress.createUnresolved(advertised.getHostString(), opened)
                    : advertised;
        }
    }

    /**
     * Opens the port.
     *
     * @param participants the one that performs this coordinator's phase two
     * @throws IOException if the address cannot be bound; it says which
     */
    public static SeataDoor open(Coordinator coordinator, SeataParticipants participants, Options options)
            throws IOException {
        boolean epoll = Epoll.isAvailable();
        // None of them ever waits, so more of them than processors would only take these from one another.
        var threads = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(),
                new DefaultThreadFactory("plinth-seata", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        var connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        var bound = new ServerBootstrap()
                .group(threads)
                .channelFactory(epoll ? EpollServerSocketChannel::new : NioServerSocketChannel::new)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(DoorLimits.UNSENT_BYTES_MAX / 2, DoorLimits.UNSENT_BYTES_MAX))
                .childHandler(new Entrance(coordinator, participants, options, connections))
                .bind(options.listen())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            var _ = threads.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw new IOException("the Seata door cannot listen on " + options.listen(), bound.cause());
        }
        var door = new SeataDoor(threads, connections, bound.channel(), options);
        participants.opened(door::xid);
        var _ = threads.scheduleAtFixedRate(
                () -> participants.deleteUndoLogs(UNDO_LOG_SAVE_DAYS),
                UNDO_LOG_DELETION_FIRST.toMinutes(),
                UNDO_LOG_DELETION_PERIOD.toMinutes(),
                TimeUnit.MINUTES);
        long giveUpNanos = participants.giveUpPeriod().toNanos();
        var _ = threads.scheduleAtFixedRate(participants::giveUp, giveUpNanos, giveUpNanos, TimeUnit.NANOSECONDS);
        log.info("the Seata door listens on {}", door.address());
        return door;
    }

    private SeataDoor(EventLoopGroup threads, ChannelGroup connections, Channel server, Options options) {
        this.threads = threads;
        this.connections = connections;
        this.server = server;
        this.advertised = options.advertised(address().getPort());
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    /** Where clients turn to, by what the XIDs say. */
    public InetSocketAddress advertised() {
        return advertised;
    }

    /** The name under which Seata's clients know a transaction. */
    public Xid xid(TransactionId transaction) {
        return new Xid(advertised.getHostString(), advertised.getPort(), transaction);
    }

    /** Open connections. */
    public int connections() {
        return connections.size();
    }

    /** Closes the port and every connection. What was on its way stays as it is; clients ask again. */
    @Override
    public void close() {
        server.close().awaitUninterruptibly(DoorLimits.CLOSE_MAX.toMillis());
        connections.close().awaitUninterruptibly(DoorLimits.CLOSE_MAX.toMillis());
        threads.shutdownGracefully(0, DoorLimits.CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(DoorLimits.CLOSE_MAX.toMillis());
        log.info("the Seata door is closed");
    }

    /** Lets clients in and gives each its handlers. */
    private static final class Entrance extends ChannelInitializer<Channel> {
        private final Coordinator coordinator;
        private final SeataParticipants participants;
        private final Options options;
        private final ChannelGroup connections;

        Entrance(Coordinator coordinator, SeataParticipants participants, Options options, ChannelGroup connections) {
            this.coordinator = coordinator;
            this.participants = participants;
            this.options = options;
            this.connections = connections;
        }

        @Override
        protected void initChannel(Channel channel) {
            if (!options.admitted().test(((InetSocketAddress) channel.remoteAddress()).getAddress())) {
                var _ = channel.close();
                return;
            }
            if (connections.size() >= DoorLimits.CONNECTIONS_MAX) {
                log.warn("{} is turned away: {} connections are open", channel.remoteAddress(), connections.size());
                var _ = channel.close();
                return;
            }
            connections.add(channel);
            var at = options.advertised(((InetSocketAddress) channel.localAddress()).getPort());
            var requests = new ClientRequests(
                    coordinator,
                    id -> new Xid(at.getHostString(), at.getPort(), id),
                    at.getHostString() + ":" + at.getPort(),
                    participants::serves);
            channel.pipeline()
                    .addLast(new FlushConsolidationHandler(FLUSHES_TOGETHER_MAX, true))
                    .addLast(new IdleStateHandler(options.idleMax().toMillis(), 0, 0, TimeUnit.MILLISECONDS))
                    .addLast(new FrameHandler())
                    .addLast(new ClientConnection(coordinator, requests, participants));
        }
    }
}
