package dev.plinth.bench.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import dev.plinth.wire.seata.SeataMessage.Result;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.ByteToMessageCodec;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sixty-four clients of one application, each with a connection as transaction manager and one as resource manager, as Seata's own
 * client has them. Each begins a transaction, adds two AT branches with two lock keys each, commits, and begins the next; phase two is
 * answered whenever it comes. No row is ever named twice.
 */
final class Clients implements AutoCloseable {
    /*
     * As lean as can be, so that the load's processor is not what is measured: one thread, callbacks, no text that is not needed.
     * Everything below runs on that thread, but for what says otherwise.
     */
    static final int COUNT = 64;

    private static final String VERSION = "2.6.0";
    private static final String APPLICATION = "bench";
    private static final String GROUP = "default_tx_group";
    private static final List<String> RESOURCES =
            List.of("jdbc:postgresql://10.0.0.1:5432/accounts", "jdbc:postgresql://10.0.0.2:5432/ledger");
    private static final int TIMEOUT_MILLIS = 600_000;
    private static final long ANSWER_MAX_SECONDS = 120;

    /** What one round did. */
    record Round(long transactions, double seconds, double secondsAnswering, Histogram latencyNanos) {
        double rate() {
            return transactions / seconds;
        }

        double p99Micros() {
            return latencyNanos.getValueAtPercentile(99) / 1e3;
        }
    }

    private final EventLoopGroup thread = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<Client> clients = new ArrayList<>();
    private final Histogram latencyNanos = new Histogram(TimeUnit.MINUTES.toNanos(5), 3);
    private CompletableFuture<Void> done = new CompletableFuture<>();
    private long rows;
    private long endNanos;
    private long left;
    private boolean commits;
    private int busy;
    private long committed;
    private long branchesOpen;
    private long lastAnswerNanos;

    Clients(int port) throws IOException {
        try {
            for (int i = 0; i < COUNT; i++) {
                clients.add(new Client(port));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Lets all clients work for a while, and waits until phase two of the last transaction is answered; on any thread. */
    Round run(long millis) throws IOException {
        return run(millis, Long.MAX_VALUE, true);
    }

    /** Begins so many transactions with their branches, and leaves them so; on any thread. */
    Round fill(long count) throws IOException {
        return run(TimeUnit.HOURS.toMillis(1), count, false);
    }

    private Round run(long millis, long count, boolean commit) throws IOException {
        long start = System.nanoTime();
        var finished = new CompletableFuture<Void>();
        thread.execute(() -> {
            done = finished;
            latencyNanos.reset();
            committed = 0;
            left = count;
            commits = commit;
            branchesOpen = 0;
            endNanos = start + TimeUnit.MILLISECONDS.toNanos(millis);
            busy = COUNT;
            clients.forEach(Client::begin);
        });
        try {
            finished.get(millis / 1000 + ANSWER_MAX_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException(busy + " clients and " + branchesOpen + " branches are still waiting", e);
        } catch (ExecutionException | InterruptedException e) {
            throw new IOException("the load failed: " + e.getMessage(), e);
        }
        return new Round(
                committed, (System.nanoTime() - start) / 1e9, (lastAnswerNanos - start) / 1e9, latencyNanos.copy());
    }

    private void finishIfDone() {
        if (busy == 0 && (!commits || branchesOpen == 0)) {
            done.complete(null);
        }
    }

    private void fail(String what) {
        done.completeExceptionally(new IOException(what));
    }

    /** One client: two connections, and one transaction at a time. */
    private final class Client {
        private final Channel manager;
        private final Channel resources;
        private int requestId;
        private int step;
        private String xid = "";
        private long startedNanos;

        Client(int port) throws IOException {
            manager = connect(port, this::managerHeard);
            register(manager, new SeataMessage.RegisterTMRequest(VERSION, APPLICATION, GROUP, ""));
            resources = connect(port, this::resourcesHeard);
            register(
                    resources,
                    new SeataMessage.RegisterRMRequest(VERSION, APPLICATION, GROUP, "", String.join(",", RESOURCES)));
        }

        private void register(Channel channel, SeataMessage message) throws IOException {
            var registered = new CompletableFuture<SeataMessage>();
            thread.execute(() -> {
                registration = registered;
                var _ = channel.writeAndFlush(SeataFrame.request(++requestId, message));
            });
            try {
                registered.get(20, TimeUnit.SECONDS);
            } catch (ExecutionException | InterruptedException | TimeoutException e) {
                throw new IOException("the server does not take a client", e);
            }
        }

        private @Nullable CompletableFuture<SeataMessage> registration;

        void begin() {
            if (System.nanoTime() >= endNanos || left == 0) {
                busy--;
                finishIfDone();
                return;
            }
            left--;
            step = 0;
            startedNanos = System.nanoTime();
            ask(manager, new SeataMessage.GlobalBeginRequest(TIMEOUT_MILLIS, "transfer"));
        }

        private void ask(Channel channel, SeataMessage message) {
            var _ = channel.writeAndFlush(SeataFrame.request(++requestId, message), channel.voidPromise());
        }

        private void branch() {
            long row = rows;
            rows += 2;
            ask(
                    resources,
                    new SeataMessage.BranchRegisterRequest(
                            xid,
                            BranchType.AT,
                            RESOURCES.get(step),
                            "account:" + row + "," + (row + 1),
                            "{\"autoCommit\":true}"));
        }

        private void managerHeard(SeataFrame frame) {
            switch (frame.message()) {
                case SeataMessage.RegisterTMResponse answer -> registered(answer);
                case SeataMessage.GlobalBeginResponse(Result result, String begun, String _) -> {
                    if (!result.success()) {
                        fail("a begin failed: " + result.message());
                    }
                    xid = begun;
                    branch();
                }
                case SeataMessage.GlobalCommitResponse(Result result, GlobalStatus status) -> {
                    if (!result.success() || status != GlobalStatus.COMMITTED) {
                        fail("a commit ended as " + status + ": " + result.message());
                    }
                    lastAnswerNanos = System.nanoTime();
                    latencyNanos.recordValue(lastAnswerNanos - startedNanos);
                    committed++;
                    begin();
                }
                default -> {}
            }
        }

        private void resourcesHeard(SeataFrame frame) {
            switch (frame.message()) {
                case SeataMessage.RegisterRMResponse answer -> registered(answer);
                case SeataMessage.BranchRegisterResponse(Result result, long _) -> {
                    if (!result.success()) {
                        fail("a branch failed: " + result.message());
                    }
                    branchesOpen++;
                    step++;
                    if (step < RESOURCES.size()) {
                        branch();
                    } else if (commits) {
                        ask(manager, new SeataMessage.GlobalCommitRequest(xid, ""));
                    } else {
                        lastAnswerNanos = System.nanoTime();
                        committed++;
                        begin();
                    }
                }
                case SeataMessage.BranchCommitRequest commit -> {
                    branchesOpen--;
                    var _ = resources.writeAndFlush(
                            SeataFrame.response(
                                    frame.requestId(),
                                    new SeataMessage.BranchCommitResponse(
                                            Result.ok(),
                                            commit.xid(),
                                            commit.branchId(),
                                            BranchStatus.PHASE_TWO_COMMITTED)),
                            resources.voidPromise());
                    finishIfDone();
                }
                default -> {}
            }
        }

        private void registered(SeataMessage answer) {
            var waiting = registration;
            if (waiting != null) {
                waiting.complete(answer);
            }
        }
    }

    private interface Ear {
        void heard(SeataFrame frame);
    }

    private Channel connect(int port, Ear ear) throws IOException {
        var connected = new Bootstrap()
                .group(thread)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new FlushConsolidationHandler(256, true), new Frames(ear));
                    }
                })
                .connect(InetAddress.getLoopbackAddress(), port)
                .awaitUninterruptibly();
        if (!connected.isSuccess()) {
            throw new IOException("no connection to port " + port, connected.cause());
        }
        return connected.channel();
    }

    private final class Frames extends ByteToMessageCodec<SeataFrame> {
        private final Ear ear;

        Frames(Ear ear) {
            super(SeataFrame.class);
            this.ear = ear;
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            for (var frame = SeataCodec.decode(in); frame.isPresent(); frame = SeataCodec.decode(in)) {
                ear.heard(frame.get());
            }
        }

        @Override
        protected void encode(ChannelHandlerContext context, SeataFrame frame, ByteBuf out) {
            SeataCodec.encode(frame, out);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            fail("a connection failed: " + cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            fail("the server closed a connection");
        }
    }

    /** Keeps the connections from being taken for dead while nothing is to do; on any thread. */
    void ping() {
        thread.execute(() -> clients.forEach(client -> {
            var _ = client.manager.writeAndFlush(SeataFrame.ping(0), client.manager.voidPromise());
            var _ = client.resources.writeAndFlush(SeataFrame.ping(0), client.resources.voidPromise());
        }));
    }

    @Override
    public void close() {
        thread.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
