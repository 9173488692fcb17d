package dev.plinth.server.cluster;

import dev.plinth.server.ClusterConfiguration.Server;
import dev.plinth.server.Listen;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** gRPC channels to the cluster's other servers, whoever they are at the time. */
public final class PeerChannels implements AutoCloseable {
    private record Peer(ManagedChannel channel, Channel impatient) {}

    private final Optional<PeerTls> tls;

    /** Guarded by this. */
    private final Map<Listen, Peer> peers = new HashMap<>();

    /** Guarded by this. */
    private List<Server> others = List.of();

    private boolean closed;

    /**
     * To nobody yet.
     *
     * @param tls what this server proves itself with off loopback; it needs none where all are on loopback
     */
    public PeerChannels(Optional<PeerTls> tls) {
        this.tls = tls;
    }

    /** From now on these are the others. */
    synchronized void follow(List<Server> servers) {
        if (closed) {
            return;
        }
        others = List.copyOf(servers);
        peers.entrySet().removeIf(entry -> {
            boolean gone = others.stream().noneMatch(server -> server.http().equals(entry.getKey()));
            if (gone) {
                entry.getValue().channel().shutdown();
            }
            return gone;
        });
        others.forEach(server -> peers.computeIfAbsent(server.http(), this::open));
    }

    private Peer open(Listen http) {
        var channel = PeerTls.channel(tls, http).build();
        return new Peer(channel, ClientInterceptors.intercept(channel, new Impatient(channel)));
    }

    /** The way to a server of the cluster, for who wants a channel of his own. */
    public ManagedChannelBuilder<?> way(Listen http) {
        return PeerTls.channel(tls, http);
    }

    /** One to each of the others. A call to one that is away fails at once. */
    public synchronized List<Channel> channels() {
        return others.stream().map(this::to).toList();
    }

    /** The one to this server, which is among the others. */
    synchronized Channel to(Server server) {
        return Objects.requireNonNull(peers.get(server.http()), () -> "no channel to server " + server.name())
                .impatient();
    }

    /** gRPC waits up to two minutes before it tries a server again that was away; here each call tries. */
    private record Impatient(ManagedChannel channel) implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
            }
            return next.newCall(method, options);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        peers.values().forEach(peer -> peer.channel().shutdownNow());
    }
}
