package dev.plinth.acceptance.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A line to a server that can be cut and joined to another server, while the browser's address stays the same. */
final class Line implements AutoCloseable {
    private static final int CUT = 0;

    private final ServerSocket entrance;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile int target = CUT;

    Line() throws IOException {
        entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("line").start(this::accept);
    }

    int port() {
        return entrance.getLocalPort();
    }

    void join(ConsoleServer server) {
        target = server.port();
    }

    /** Ends all connections, and every new one at once. */
    void cut() throws IOException {
        target = CUT;
        for (Socket socket : open) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        cut();
        entrance.close();
    }

    private void accept() {
        while (true) {
            try {
                Socket browser = entrance.accept();
                Thread.ofVirtual().start(() -> connect(browser));
            } catch (IOException e) {
                if (entrance.isClosed()) {
                    return;
                }
                throw new UncheckedIOException(e);
            }
        }
    }

    private void connect(Socket browser) {
        int port = target;
        if (port == CUT) {
            end(browser);
            return;
        }
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            open.add(browser);
            open.add(server);
            Thread.ofVirtual().start(() -> copy(browser, server));
            Thread.ofVirtual().start(() -> copy(server, browser));
        } catch (IOException e) {
            end(browser);
        }
    }

    private void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One end is gone: the other goes too, below.
        }
        end(from);
        end(to);
    }

    private void end(Socket socket) {
        open.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
