package dev.plinth.sdk;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    /** Where the registry's stream goes another way, it does not show that this one is dead. */
    private static final long KEEP_ALIVE_SECONDS = 30;

    private static final long KEEP_ALIVE_TIMEOUT_SECONDS = 10;

    private final List<HostPort> servers;
    private final AtomicReferenceArray<ManagedChannel> channels;

    private final List<HostPort> registries;

    /** Those to the registries, if these have ports of their own. */
    private final Optional<AtomicReferenceArray<ManagedChannel>> registryChannels;

    private final AtomicInteger turn;

    /** @param registries where the registry of each server is asked; none if it is where all else is */
    ServerChannels(List<HostPort> servers, List<HostPort> registries) {
        this.servers = List.copyOf(servers);
        this.registries = List.copyOf(registries);
        this.channels = open(servers, !registries.isEmpty());
        this.registryChannels = registries.isEmpty() ? Optional.empty() : Optional.of(open(registries, false));
        this.turn = new AtomicInteger(ThreadLocalRandom.current().nextInt(servers.size()));
    }

    private static AtomicReferenceArray<ManagedChannel> open(List<HostPort> servers, boolean unwatched) {
        var opened = new AtomicReferenceArray<ManagedChannel>(servers.size());
        for (int i = 0; i < servers.size(); i++) {
            opened.set(i, open(servers.get(i), unwatched));
        }
        return opened;
    }

    /** @param unwatched whether no stream that asks for signs of life goes this way: then the channel asks */
    private static ManagedChannel open(HostPort server, boolean unwatched) {
        NettyChannelBuilder channel = NettyChannelBuilder.forAddress(server.host(), server.port())
                .usePlaintext()
                .directExecutor();
        if (unwatched) {
            channel.keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                    .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        }
        return channel.build();
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
        return ready(channels.get(index(ofTurn)));
    }

    /** The same, to its registry. */
    ManagedChannel registryChannel(int ofTurn) {
        return ready(registryChannels.orElse(channels).get(index(ofTurn)));
    }

    private static ManagedChannel ready(ManagedChannel channel) {
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
            int index = index(ofTurn);
            channels.getAndSet(index, open(servers.get(index), registryChannels.isPresent()))
                    .shutdownNow();
            registryChannels.ifPresent(own ->
                    own.getAndSet(index, open(registries.get(index), false)).shutdownNow());
        }
    }

    private int index(int ofTurn) {
        return Math.floorMod(ofTurn, servers.size());
    }

    @Override
    public void close() {
        List<ManagedChannel> open = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            int index = i;
            open.add(channels.get(index));
            registryChannels.ifPresent(own -> open.add(own.get(index)));
        }
        open.forEach(ManagedChannel::shutdownNow);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TERMINATION_MS);
        try {
            for (var channel : open) {
                if (!channel.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
