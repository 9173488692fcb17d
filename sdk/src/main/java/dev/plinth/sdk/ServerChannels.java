package dev.plinth.sdk;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** gRPC channels to the servers, of which any one will do. */
final class ServerChannels implements AutoCloseable {
    /*
     * Not gRPC's own choice among addresses: a stream that lives for days wants to know where it is, and to go elsewhere when
     * that server is away. The streams of a process are with one server, and leave it together: so the one that asks for signs of
     * life, the registry's, watches over the other, which may be silent for days. Which server is the first is chance, so that
     * the clients spread. Callbacks run on the network's threads, for they only hand over.
     */
    private static final long TERMINATION_MS = 1_000;

    private final List<HostPort> servers;
    private final AtomicReferenceArray<ManagedChannel> channels;
    private final AtomicInteger turn;

    ServerChannels(List<HostPort> servers) {
        this.servers = List.copyOf(servers);
        this.channels = new AtomicReferenceArray<>(servers.size());
        this.turn = new AtomicInteger(ThreadLocalRandom.current().nextInt(servers.size()));
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

    int count() {
        return servers.size();
    }

    /** The turn of the server that this process is with now: all its streams go there. */
    int turn() {
        return turn.get();
    }

    /** The channel to the server of this turn, ready to connect at once. */
    ManagedChannel channel(int ofTurn) {
        ManagedChannel channel = channels.get(index(ofTurn));
        // Whoever asks has waited already; gRPC's own back-off, of up to two minutes, would be on top of that.
        channel.resetConnectBackoff();
        return channel;
    }

    HostPort server(int ofTurn) {
        return servers.get(index(ofTurn));
    }

    /**
     * Leaves the server of this turn for the next one: it is away, or has fallen silent, maybe with its host. Breaks all streams to
     * it, so that whoever has one comes along. Does nothing if it was left already.
     */
    void leave(int ofTurn) {
        if (turn.compareAndSet(ofTurn, ofTurn + 1)) {
            channels.getAndSet(index(ofTurn), open(server(ofTurn))).shutdownNow();
        }
    }

    private int index(int ofTurn) {
        return Math.floorMod(ofTurn, servers.size());
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
