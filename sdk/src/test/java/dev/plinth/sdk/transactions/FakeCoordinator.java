package dev.plinth.sdk.transactions;

import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.HostPort;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import dev.plinth.wire.seata.SeataMessage.BranchEndRequest;
import dev.plinth.wire.seata.SeataMessage.BranchEndResponse;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginRequest;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator in memory that keeps Seata's rules as far as a client can see them, and can lose answers, go away and come back.
 *
 * <p>It keeps its transactions while it is away, as if it had them on disk.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a fixture: what did not arrive is seen by the test that waits for it
public final class FakeCoordinator implements AutoCloseable {

    static final class Branch {
        final long id;
        final BranchRegisterRequest registered;
        boolean ended;

        Branch(long id, BranchRegisterRequest registered) {
            this.id = id;
            this.registered = registered;
        }
    }

    private static final class Transaction {
        GlobalStatus status = GlobalStatus.BEGIN;
        final List<Branch> branches = new ArrayList<>();
    }

    /** What to do with a request instead of treating it well. */
    enum Mischief {
        /** It is carried out, and the connection breaks before the answer. */
        LOSE_ANSWER,
        /** The connection breaks before it is carried out. */
        LOSE_REQUEST,
        /** It is carried out, and never answered. */
        STAY_SILENT
    }

    private record Trap(Predicate<SeataMessage> matches, Mischief mischief) {}

    private static final long RETRY_MS = 20;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<String, Transaction> transactions = new LinkedHashMap<>();
    private final Map<Channel, Set<String>> resourceManagers = new HashMap<>();
    private final Set<Channel> connections = new HashSet<>();
    private final List<Trap> traps = new ArrayList<>();
    private final List<SeataMessage> received = new ArrayList<>();
    private int nextRequest;
    private long nextId = 1;
    private int port;
    private @Nullable Channel listening;

    public FakeCoordinator() {
        start();
    }

    public HostPort address() {
        return new HostPort("127.0.0.1", port);
    }

    /** Comes (back), on the same port. */
    public void start() {
        // The port was free a moment ago; if somebody's outgoing connection has it now, it will be free again.
        Channel channel = await().ignoreException(BindException.class).until(this::listen, bound -> true);
        synchronized (this) {
            listening = channel;
            port = ((InetSocketAddress) channel.localAddress()).getPort();
        }
    }

    private Channel listen() throws Exception {
        return new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new SeataFrameDecoder()).addLast(new Connection());
                    }
                })
                .bind("127.0.0.1", port)
                .sync()
                .channel();
    }

    /** Goes away with all its connections. */
    public void stop() {
        List<Channel> closing = new ArrayList<>();
        synchronized (this) {
            if (listening != null) {
                closing.add(listening);
                listening = null;
            }
            closing.addAll(connections);
        }
        closing.forEach(channel -> channel.close().syncUninterruptibly());
    }

    /** The next message that matches meets this. */
    synchronized void next(Predicate<SeataMessage> matches, Mischief mischief) {
        traps.add(new Trap(matches, mischief));
    }

    public synchronized GlobalStatus status(String xid) {
        Transaction transaction = transactions.get(xid);
        return transaction == null ? GlobalStatus.FINISHED : transaction.status;
    }

    public synchronized List<String> xids() {
        return List.copyOf(transactions.keySet());
    }

    synchronized List<Branch> branches(String xid) {
        return List.copyOf(transactions.getOrDefault(xid, new Transaction()).branches);
    }

    synchronized List<SeataMessage> received() {
        return List.copyOf(received);
    }

    synchronized void forget(String xid) {
        transactions.remove(xid);
    }

    /** As the time-out would. */
    synchronized void timeOut(String xid) {
        end(xid, GlobalStatus.TIMEOUT_ROLLBACKING);
    }

    public synchronized boolean serves(String resourceId) {
        return resourceManagers.values().stream().anyMatch(ids -> ids.contains(resourceId));
    }

    /** Sends bytes as they are to everybody. */
    synchronized void sendRaw(byte[] bytes) {
        connections.forEach(
                channel -> channel.writeAndFlush(channel.alloc().buffer().writeBytes(bytes)));
    }

    /** Asks a resource manager whatever the test wants it to be asked. */
    synchronized void ask(BranchEndRequest request) {
        resourceManagers.keySet().forEach(channel -> write(channel, SeataFrame.request(++nextRequest, request)));
    }

    private synchronized SeataMessage handle(SeataMessage request) {
        return switch (request) {
            case GlobalBeginRequest begin -> {
                String xid = "127.0.0.1:" + port + ":" + nextId++;
                transactions.put(xid, new Transaction());
                yield new SeataMessage.GlobalBeginResponse(Result.ok(), xid, "");
            }
            case BranchRegisterRequest branch -> {
                Transaction transaction = transactions.get(branch.xid());
                if (transaction == null || transaction.status != GlobalStatus.BEGIN) {
                    yield new SeataMessage.BranchRegisterResponse(
                            Result.failed(
                                    transaction == null
                                            ? TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST
                                            : TransactionExceptionCode.GLOBAL_TRANSACTION_STATUS_INVALID,
                                    "it takes no more branches"),
                            0);
                }
                Branch registered = new Branch(nextId++, branch);
                transaction.branches.add(registered);
                yield new SeataMessage.BranchRegisterResponse(Result.ok(), registered.id);
            }
            case SeataMessage.GlobalCommitRequest commit ->
                new SeataMessage.GlobalCommitResponse(Result.ok(), end(commit.xid(), GlobalStatus.COMMITTING));
            case SeataMessage.GlobalRollbackRequest rollback ->
                new SeataMessage.GlobalRollbackResponse(Result.ok(), end(rollback.xid(), GlobalStatus.ROLLBACKING));
            case SeataMessage.GlobalStatusRequest status ->
                new SeataMessage.GlobalStatusResponse(Result.ok(), status(status.xid()));
            default -> throw new IllegalStateException("not in this fixture: " + request);
        };
    }

    private GlobalStatus end(String xid, GlobalStatus decision) {
        Transaction transaction = transactions.get(xid);
        if (transaction == null) {
            return GlobalStatus.FINISHED;
        }
        if (transaction.status == GlobalStatus.BEGIN) {
            transaction.status = decision;
            phaseTwo(xid);
        }
        return transaction.status;
    }

    /** Asks for every branch that has not ended, and comes again until all have: also while an answer is on its way. */
    private synchronized void phaseTwo(String xid) {
        Transaction transaction = transactions.get(xid);
        if (transaction == null) {
            return;
        }
        boolean commit = transaction.status == GlobalStatus.COMMITTING;
        boolean allEnded = true;
        for (Branch branch : transaction.branches) {
            if (!branch.ended) {
                allEnded = false;
                BranchRegisterRequest r = branch.registered;
                BranchEndRequest request = commit
                        ? new SeataMessage.BranchCommitRequest(
                                xid, branch.id, r.branchType(), r.resourceId(), r.applicationData())
                        : new SeataMessage.BranchRollbackRequest(
                                xid, branch.id, r.branchType(), r.resourceId(), r.applicationData());
                resourceManagers.entrySet().stream()
                        .filter(rm -> rm.getValue().contains(r.resourceId()))
                        .findFirst()
                        .ifPresent(rm -> write(rm.getKey(), SeataFrame.request(++nextRequest, request)));
            }
        }
        if (allEnded) {
            transaction.status = switch (transaction.status) {
                case COMMITTING -> GlobalStatus.COMMITTED;
                case TIMEOUT_ROLLBACKING -> GlobalStatus.TIMEOUT_ROLLBACKED;
                default -> GlobalStatus.ROLLBACKED;
            };
        } else {
            group.schedule(() -> phaseTwo(xid), RETRY_MS, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void ended(BranchEndResponse response) {
        boolean ended = response.branchStatus() == BranchStatus.PHASE_TWO_COMMITTED
                || response.branchStatus() == BranchStatus.PHASE_TWO_ROLLBACKED;
        for (Branch branch : branches(response.xid())) {
            if (branch.id == response.branchId()) {
                branch.ended |= ended;
            }
        }
    }

    private static void write(Channel channel, SeataFrame frame) {
        ByteBuf bytes = channel.alloc().buffer();
        SeataCodec.encode(frame, bytes);
        channel.writeAndFlush(bytes);
    }

    private final class Connection extends SimpleChannelInboundHandler<SeataFrame> {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            synchronized (FakeCoordinator.this) {
                connections.add(context.channel());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            synchronized (FakeCoordinator.this) {
                connections.remove(context.channel());
                resourceManagers.remove(context.channel());
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, SeataFrame frame) {
            SeataMessage message = frame.message();
            Mischief mischief = mischief(message);
            if (mischief == Mischief.LOSE_REQUEST) {
                context.close();
                return;
            }
            switch (message) {
                case SeataMessage.Heartbeat ping -> write(context.channel(), SeataFrame.pong(frame.requestId()));
                case SeataMessage.RegisterTMRequest tm ->
                    answer(context, frame, new SeataMessage.RegisterTMResponse(true, "2.6.0"), mischief);
                case SeataMessage.RegisterRMRequest rm -> {
                    synchronized (FakeCoordinator.this) {
                        resourceManagers.put(
                                context.channel(), Set.of(rm.resourceIds().split(",")));
                    }
                    answer(context, frame, new SeataMessage.RegisterRMResponse(true, "2.6.0"), mischief);
                }
                case BranchEndResponse response -> ended(response);
                default -> answer(context, frame, handle(message), mischief);
            }
        }

        private void answer(
                ChannelHandlerContext context, SeataFrame frame, SeataMessage answer, @Nullable Mischief mischief) {
            if (mischief == null) {
                write(context.channel(), SeataFrame.response(frame.requestId(), answer));
            } else if (mischief == Mischief.LOSE_ANSWER) {
                context.close();
            }
        }
    }

    private synchronized @Nullable Mischief mischief(SeataMessage message) {
        received.add(message);
        for (Trap trap : traps) {
            if (trap.matches.test(message)) {
                traps.remove(trap);
                return trap.mischief;
            }
        }
        return null;
    }

    @Override
    public void close() {
        stop();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
