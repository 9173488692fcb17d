package dev.plinth.bench.registry;

import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Close;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegisterAll;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Clients of our own wire, each with a connection of its own, on one thread; the counterpart of {@link NacosWire}. */
final class OurWire implements AutoCloseable {
    private static final int SESSION_ENDPOINTS_MAX = 1_000;
    private static final long WAIT_SECONDS = 60;
    private static final Map<String, String> METADATA =
            Map.of("zone", "east-1", "version", "2.3.1", "preserved.register.source", "SPRING_CLOUD");

    private final EventLoopGroup thread = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<Client> clients = new ArrayList<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    // That thread only.
    private long numbers;
    private long answered;
    private int open;
    private int busy;
    private long endNanos;
    private int atOnce;

    OurWire(int port, int connections) throws IOException {
        thread.execute(() -> {
            open = connections;
            for (int i = 0; i < connections; i++) {
                clients.add(new Client(port));
            }
        });
        await(opened);
    }

    private static void await(CompletableFuture<Void> future) throws IOException {
        try {
            future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | InterruptedException | TimeoutException e) {
            throw new IOException("the load over our wire failed: " + e, e);
        }
    }

    /**
     * Registers for a while endpoints of services of their own, two messages at a time for each connection; once.
     *
     * @param each endpoints in one message
     */
    NacosWire.Registered register(long millis, int each) throws IOException {
        long start = System.nanoTime();
        var ended = done.thenApply(_ -> System.nanoTime());
        thread.execute(() -> {
            atOnce = each;
            endNanos = start + TimeUnit.MILLISECONDS.toNanos(millis);
            busy = 2 * clients.size();
            clients.forEach(client -> {
                client.next();
                client.next();
            });
        });
        await(done);
        return new NacosWire.Registered(answered, (ended.join() - start) / 1e9);
    }

    private final class Client implements StreamObserver<ServerMessage> {
        private final ManagedChannel channel;
        private final StreamObserver<ClientMessage> requests;
        private long asked;
        private int registered;
        private boolean closing;

        Client(int port) {
            channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .eventLoopGroup(thread)
                    .channelType(NioSocketChannel.class)
                    .directExecutor()
                    .build();
            requests = RegistryGrpc.newStub(channel).connect(this);
            requests.onNext(ClientMessage.newBuilder()
                    .setOpen(Open.newBuilder().setClient("bench").setLeaseMillis(30_000))
                    .build());
        }

        void next() {
            if (System.nanoTime() >= endNanos || registered + atOnce > SESSION_ENDPOINTS_MAX) {
                if (--busy == 0) {
                    done.complete(null);
                }
                return;
            }
            registered += atOnce;
            var message = ClientMessage.newBuilder().setRequestId(++asked);
            if (atOnce == 1) {
                message.setRegister(Register.newBuilder().setEndpoint(endpoint()));
            } else {
                var all = RegisterAll.newBuilder();
                for (int i = 0; i < atOnce; i++) {
                    all.addEndpoints(endpoint());
                }
                message.setRegisterAll(all);
            }
            requests.onNext(message.build());
        }

        private Endpoint endpoint() {
            long one = numbers++;
            return Endpoint.newBuilder()
                    .setService("rate.new." + one)
                    .setProtocol("tcp")
                    .setAddress("10." + ((one >> 16) & 0x7f) + "." + ((one >> 8) & 0xff) + "." + (one & 0xff) + ":8080")
                    .putAllMetadata(METADATA)
                    .build();
        }

        @Override
        public void onNext(ServerMessage message) {
            if (message.hasOpened()) {
                if (--open == 0) {
                    opened.complete(null);
                }
                return;
            }
            Answer answer = message.getAnswer();
            if (answer.hasRefusal() || answer.getRefusedCount() > 0) {
                fail(new IOException("a registration was refused: " + answer));
                return;
            }
            if (!closing) {
                answered += atOnce;
                next();
            }
        }

        private void fail(@Nullable Throwable failure) {
            if (!closing) {
                var reason = new IOException("a stream failed", failure);
                opened.completeExceptionally(reason);
                done.completeExceptionally(reason);
            }
        }

        @Override
        public void onError(Throwable failure) {
            fail(failure);
        }

        @Override
        public void onCompleted() {
            fail(null);
        }
    }

    /** The sessions end, and what they registered goes with them. */
    @Override
    public void close() {
        thread.execute(() -> clients.forEach(client -> {
            client.closing = true;
            client.requests.onNext(ClientMessage.newBuilder()
                    .setRequestId(++client.asked)
                    .setClose(Close.getDefaultInstance())
                    .build());
        }));
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        clients.forEach(client -> client.channel.shutdownNow());
        thread.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
