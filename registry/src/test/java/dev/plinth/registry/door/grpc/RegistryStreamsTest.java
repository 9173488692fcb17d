package dev.plinth.registry.door.grpc;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The same on a port of its own. */
class RegistryStreamsTest extends RegistryDoorContract {
    @Override
    Served serve(RegistryDoor door) throws IOException {
        var streams = RegistryStreams.open(door, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), _ -> true);
        return new Served() {
            @Override
            public int port() {
                return streams.address().getPort();
            }

            @Override
            public void stop() {
                streams.close();
            }
        };
    }
}
