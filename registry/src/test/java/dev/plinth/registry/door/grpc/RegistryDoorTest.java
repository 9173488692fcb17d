package dev.plinth.registry.door.grpc;

import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The door on gRPC's own server. */
class RegistryDoorTest extends RegistryDoorContract {
    @Override
    Served serve(RegistryDoor door) throws IOException {
        var server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(door)
                .build()
                .start();
        return new Served() {
            @Override
            public int port() {
                return server.getPort();
            }

            @Override
            public void stop() {
                server.shutdownNow();
            }
        };
    }
}
