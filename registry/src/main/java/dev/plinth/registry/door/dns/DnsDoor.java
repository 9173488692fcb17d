package dev.plinth.registry.door.dns;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry as a DNS zone, {@code plinth.}, over UDP and TCP. It answers for that zone alone, and refuses all other names. */
public final class DnsDoor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DnsDoor.class);
    private static final int MESSAGE_BYTES_MAX = 65_535;

    /** Questions over UDP that are being answered; with more, the next one is dropped, as UDP may. */
    private static final int QUESTIONS_MAX = 1_000;

    private static final int CONNECTIONS_MAX = 256;
    private static final int CONNECTION_IDLE_MS_MAX = 10_000;
    private static final int BIND_ATTEMPTS_MAX = 20;

    private final DnsNames names;
    private final Predicate<InetAddress> admitted;
    private final Executor workers;
    private final DatagramSocket datagrams;
    private final ServerSocket connections;
    private final Semaphore questions = new Semaphore(QUESTIONS_MAX);
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private DnsDoor(
            DnsNames names,
            Predicate<InetAddress> admitted,
            Executor workers,
            DatagramSocket datagrams,
            ServerSocket connections) {
        this.names = names;
        this.admitted = admitted;
        this.workers = workers;
        this.datagrams = datagrams;
        this.connections = connections;
    }

    /**
     * Opens the door, UDP and TCP on one port.
     *
     * @param admitted from where questions may come; others are not answered. Over UDP whoever asks may give a false address
     * @param workers run what waits, so they are as many as it takes: virtual threads
     * @throws IOException if the port is taken
     */
    public static DnsDoor open(
            Registry registry,
            InetSocketAddress address,
            Predicate<InetAddress> admitted,
            Clock clock,
            Executor workers)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            var connections = new ServerSocket();
            try {
                connections.bind(address);
                var datagrams =
                        new DatagramSocket(new InetSocketAddress(address.getAddress(), connections.getLocalPort()));
                var door = new DnsDoor(new DnsNames(registry, clock), admitted, workers, datagrams, connections);
                workers.execute(door::receive);
                workers.execute(door::accept);
                return door;
            } catch (IOException e) {
                connections.close();
                // A free port of TCP may be taken of UDP.
                if (address.getPort() != 0 || attempt == BIND_ATTEMPTS_MAX) {
                    throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
                }
            }
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) connections.getLocalSocketAddress();
    }

    private void receive() {
        while (!datagrams.isClosed()) {
            var packet = new DatagramPacket(new byte[DnsMessage.EDNS_BYTES_MAX], DnsMessage.EDNS_BYTES_MAX);
            try {
                datagrams.receive(packet);
            } catch (IOException e) {
                if (!datagrams.isClosed()) {
                    log.warn("a DNS question could not be received: {}", e.getMessage());
                }
                continue;
            }
            if (admitted.test(packet.getAddress()) && questions.tryAcquire()) {
                workers.execute(() -> {
                    try {
                        answer(packet);
                    } finally {
                        questions.release();
                    }
                });
            }
        }
    }

    private void answer(DatagramPacket packet) {
        var bytes = answer(ByteBuffer.wrap(packet.getData(), 0, packet.getLength()), false);
        if (bytes.length == 0) {
            return;
        }
        try {
            datagrams.send(new DatagramPacket(bytes, bytes.length, packet.getSocketAddress()));
        } catch (IOException e) {
            if (!datagrams.isClosed()) {
                log.debug("a DNS answer to {} could not be sent: {}", packet.getSocketAddress(), e.getMessage());
            }
        }
    }

    /** The answer's bytes; none if there is nothing to be answered. */
    private byte[] answer(ByteBuffer question, boolean tcp) {
        try {
            var read = DnsMessage.read(question);
            return DnsMessage.write(
                    read, names.answer(read), DnsNames.ZONE, tcp ? MESSAGE_BYTES_MAX : read.udpBytesMax());
        } catch (DnsMessage.Bad bad) {
            log.debug("a bad DNS question: {}", bad.getMessage());
            return bad.code() < 0 ? new byte[0] : bad.answer();
        }
    }

    private void accept() {
        while (!connections.isClosed()) {
            try {
                var socket = connections.accept();
                if (!admitted.test(socket.getInetAddress()) || open.size() >= CONNECTIONS_MAX) {
                    socket.close();
                    continue;
                }
                open.add(socket);
                workers.execute(() -> serve(socket));
            } catch (IOException e) {
                if (!connections.isClosed()) {
                    log.warn("a DNS connection could not be accepted: {}", e.getMessage());
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(CONNECTION_IDLE_MS_MAX);
            var in = new DataInputStream(socket.getInputStream());
            while (true) {
                var question = new byte[in.readUnsignedShort()];
                in.readFully(question);
                var answer = answer(ByteBuffer.wrap(question), true);
                if (answer.length == 0) {
                    return;
                }
                var framed = ByteBuffer.allocate(2 + answer.length)
                        .putShort((short) answer.length)
                        .put(answer);
                socket.getOutputStream().write(framed.array());
            }
        } catch (EOFException | SocketException e) {
            log.trace("a DNS connection ended", e);
        } catch (IOException e) {
            log.debug("a DNS connection ended: {}", e.getMessage());
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() {
        datagrams.close();
        try {
            connections.close();
            for (var socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            log.debug("a DNS connection could not be closed: {}", e.getMessage());
        }
    }
}
