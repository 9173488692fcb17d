package dev.plinth.sdk;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** gRPC channels to the servers, of which any one will do. */
final class ServerChannels implements AutoCloseable {
    /*
     * Not gRPC's own choice among addresses: a stream that lives for days wants to know where it is, and to go elsewhere when
     * that server is away. Callbacks run on the network's threads, for they only hand over.
     */
    private static final long TERMINATION_MS = 1_000;

    private final List<HostPort> servers;
    private final AtomicReferenceArray<ManagedChannel> channels;

    ServerChannels(List<HostPort> servers) {
        this.servers = List.copyOf(servers);
        this.channels = new AtomicReferenceArray<>(servers.size());
        for (int i = 0; i < servers.size(); i++) {
            channels.set(i, open(servers.get(i)));
        }
    }

    private static ManagedChannel open(HostPort server) {
        return NettyChannelBuilder.forAddress(server.host(), server.port())
                .usePlaintext()
                .directExecutor()
                .build();
    }

    /**
     * The channel to one of the servers, ready to connect at once.
     *
     * @param turn counts up with each failure, so that the servers take turns
     */
    ManagedChannel channel(int turn) {
        ManagedChannel channel = channels.get(index(turn));
        // Whoever asks has waited already; gRPC's own back-off, of up to two minutes, would be on top of that.
        channel.resetConnectBackoff();
        return channel;
    }

    HostPort server(int turn) {
        return servers.get(index(turn));
    }

    /** This server has fallen silent, maybe with its host: breaks all streams to it, and connects anew when asked next. */
    void suspect(int turn) {
        channels.getAndSet(index(turn), open(server(turn))).shutdownNow();
    }

    private int index(int turn) {
        return Math.floorMod(turn, servers.size());
    }

    @Override
    public void close() {
        for (int i = 0; i < servers.size(); i++) {
            channels.get(i).shutdownNow();
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TERMINATION_MS);
        try {
            boolean ended = true;
            for (int i = 0; i < servers.size() && ended; i++) {
                ended = channels.get(i).awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
