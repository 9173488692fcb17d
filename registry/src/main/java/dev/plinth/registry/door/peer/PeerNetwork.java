package dev.plinth.registry.door.peer;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** What servers reach one another by, and the lots that they draw: a simulation has others. */
interface PeerNetwork {
    /** A way to a server; it may be opened before the server is there. */
    ManagedChannel channel(InetSocketAddress address, Executor workers);

    /** From 0 to below {@code bound}. */
    long lot(long bound);

    /** The network there is, without TLS. */
    static PeerNetwork plain() {
        return real(address -> NettyChannelBuilder.forAddress(address.getHostString(), address.getPort())
                .usePlaintext());
    }

    /** The network there is; each channel is built by {@code builder}. */
    static PeerNetwork real(Function<InetSocketAddress, ManagedChannelBuilder<?>> builder) {
        return new PeerNetwork() {
            @Override
            public ManagedChannel channel(InetSocketAddress address, Executor workers) {
                return builder.apply(address).executor(workers).build();
            }

            @Override
            public long lot(long bound) {
                return ThreadLocalRandom.current().nextLong(bound);
            }
        };
    }
}
