package dev.plinth.registry.door.peer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A line to a server that can be cut and mended. Cut, it lets nobody connect, and what was connected breaks. */
final class CuttableLine implements AutoCloseable {
    private final ServerSocket door;
    private final InetSocketAddress target;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private volatile boolean cut;

    CuttableLine(InetSocketAddress target) throws IOException {
        this.target = target;
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), door.getLocalPort());
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                var socket = door.accept();
                open.add(socket);
                if (cut) {
                    socket.close();
                    continue;
                }
                var onward = new Socket(target.getAddress(), target.getPort());
                open.add(onward);
                threads.execute(() -> copy(socket, onward));
                threads.execute(() -> copy(onward, socket));
                if (cut) {
                    cut();
                }
            } catch (IOException e) {
                // The door is closed, or the server away: whoever connected sees it.
            }
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // The line broke, and with it both ends.
        }
    }

    void cut() throws IOException {
        cut = true;
        for (var socket : open) {
            socket.close();
        }
        open.clear();
    }

    void mend() {
        cut = false;
    }

    @Override
    public void close() throws IOException {
        door.close();
        cut();
        threads.shutdownNow();
    }
}
