package dev.plinth.acceptance.console;

import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import dev.plinth.server.console.ConsoleDoor;
import dev.plinth.server.console.ConsoleSource;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/** A server that has nothing but the console's door. */
final class ConsoleServer implements AutoCloseable {
    private final ConsoleDoor door;
    private final Server server;

    ConsoleServer(ConsoleSource source, int port) {
        door = ConsoleDoor.open(source, Set.of());
        ServerBuilder builder = Server.builder().http(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        door.mount(builder);
        server = builder.build();
        server.start().join();
    }

    int port() {
        return server.activeLocalPort();
    }

    @Override
    public void close() {
        door.close();
        server.closeAsync();
    }
}
