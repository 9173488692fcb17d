package dev.plinth.registry.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.SystemClock;
import dev.plinth.registry.Registry;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.KeepAlive;
import dev.plinth.wire.registry.v1.Open;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The same on a port of its own. */
class RegistryStreamsTest extends RegistryDoorContract {
    @Override
    Served serve(RegistryDoor door) throws IOException {
        var streams = open(door);
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

    private static RegistryStreams open(RegistryDoor door) throws IOException {
        return RegistryStreams.open(door, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), _ -> true);
    }

    @Test
    void a_client_that_says_too_much_before_it_is_answered_is_ended() throws IOException {
        try (var clock = new SystemClock();
                var workers = Executors.newVirtualThreadPerTaskExecutor();
                // Its engine does nothing, so nobody's open is answered.
                var registry = Registry.open(7, _ -> {}, clock);
                var streams = open(new RegistryDoor(registry, clock, workers))) {
            var channel = NettyChannelBuilder.forAddress(streams.address())
                    .usePlaintext()
                    .build();
            try {
                var client = DoorClient.connect(channel);
                client.sendAsIs(ClientMessage.newBuilder()
                        .setOpen(Open.newBuilder().setClient("hasty"))
                        .build());
                for (int i = 0; i <= StreamLine.EARLY_MAX; i++) {
                    client.send(ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance()));
                }

                assertThat(client.end().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                assertThat(client.end().getDescription()).startsWith("4096 requests wait to be read");
            } finally {
                channel.shutdownNow();
            }
        }
    }
}
