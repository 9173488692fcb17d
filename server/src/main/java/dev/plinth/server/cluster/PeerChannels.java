package dev.plinth.server.cluster;

import dev.plinth.server.ClusterConfiguration;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;

/** gRPC channels to the cluster's other servers. */
public final class PeerChannels implements AutoCloseable {
    private final List<ManagedChannel> channels;

    public PeerChannels(ClusterConfiguration cluster) {
        this.channels = cluster.others().stream()
                .map(other -> NettyChannelBuilder.forAddress(
                                other.http().host(), other.http().port())
                        .usePlaintext()
                        .build())
                .toList();
    }

    /** One to each of the others. A call to one that is away fails at once. */
    public List<Channel> channels() {
        return channels.stream()
                .map(channel -> ClientInterceptors.intercept(channel, new Impatient(channel)))
                .toList();
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
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
