package dev.plinth.acceptance;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of the loopback for processes that have to be told theirs, such as members who must know one another beforehand.
 *
 * <p>A port of the system's choice may be given to somebody else between here and the process that is told it: to every connection that
 * anybody opens. So these lie below those that Linux gives out by itself, and each of the JVMs in which tests run at a time draws from
 * a share of its own.
 */
public final class FreePorts {
    private static final int FIRST = 12_000;
    private static final int LAST = 32_000;
    private static final int SHARES = 4;
    private static final int TRIES_MAX = 10_000;

    /** Which of the JVMs this is, as Surefire counts them from 1 on; without Surefire the first. */
    private static final int SHARE = Integer.getInteger("surefire.forkNumber", 1) % SHARES;

    /** What was given out: its owner may not listen yet, or may be dead for a moment. */
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private FreePorts() {}

    /** So many that nobody has now and that were not given out before. */
    public static List<Integer> find(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int tries = 0; held.size() < count; tries++) {
                if (tries == TRIES_MAX) {
                    throw new IOException("no " + count + " free ports from " + FIRST + " to " + LAST);
                }
                int port = ThreadLocalRandom.current().nextInt(FIRST / SHARES, LAST / SHARES) * SHARES + SHARE;
                if (!GIVEN.add(port)) {
                    continue;
                }
                try {
                    held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
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
