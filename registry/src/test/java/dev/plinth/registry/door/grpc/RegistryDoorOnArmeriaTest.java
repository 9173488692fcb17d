package dev.plinth.registry.door.grpc;

import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.grpc.GrpcService;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The door as Plinth's server mounts it. */
class RegistryDoorOnArmeriaTest extends RegistryDoorContract {
    @Override
    Served serve(RegistryDoor door) {
        var server = Server.builder()
                .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .requestTimeoutMillis(0)
                // A stream is one request: a limit would end it after so many bytes in all. gRPC limits each message.
                .maxRequestLength(0)
                .gracefulShutdownTimeoutMillis(0, 0)
                .service(GrpcService.builder().addService(door).build())
                .build();
        server.start().join();
        return new Served() {
            @Override
            public int port() {
                return server.activeLocalPort();
            }

            @Override
            public void stop() {
                var _ = server.stop();
            }
        };
    }
}
