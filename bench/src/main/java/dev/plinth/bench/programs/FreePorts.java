package dev.plinth.bench.programs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Ports of the loopback for processes that have to be told theirs, such as members who must know one another beforehand. */
public final class FreePorts {
    private static final int TRIES = 100;

    private FreePorts() {}

    /** So many that nobody has now, all different: all are held at once before one is given out. */
    public static List<Integer> find(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }

    /** One that nobody has now, of which nobody has those so far above it either, at any of the machine's addresses. */
    public static int withOthersAbove(int... offsets) throws IOException {
        var taken = new IOException("no port was tried");
        for (int i = 0; i < TRIES; i++) {
            int port = find(1).getFirst();
            try {
                for (int offset : offsets) {
                    new ServerSocket(port + offset).close();
                }
                return port;
            } catch (IOException | IllegalArgumentException e) {
                taken = new IOException("no " + TRIES + " ports in turn had free ones above them", e);
            }
        }
        throw taken;
    }
}
