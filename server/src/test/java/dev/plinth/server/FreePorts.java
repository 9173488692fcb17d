package dev.plinth.server;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Ports of the loopback for members who must know one another beforehand. */
final class FreePorts {
    /*
     * Below those that Linux gives to connections by itself (from 32768 on, as a rule): one of these can be anybody's between its being
     * found and its being listened on.
     */
    private static final int FIRST = 12_000;
    private static final int END = 31_000;
    private static final int TRIES_MAX = 10_000;

    private FreePorts() {}

    /** So many that nobody has now, at any address, all different: all are held at once before one is given out. */
    static List<Integer> find(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int tries = 0; held.size() < count; tries++) {
                if (tries == TRIES_MAX) {
                    throw new IOException("no " + count + " free ports from " + FIRST + " to " + END);
                }
                try {
                    held.add(new ServerSocket(ThreadLocalRandom.current().nextInt(FIRST, END)));
                } catch (BindException _) {
                    // Somebody has it: another one, then.
                }
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }
}
