package dev.plinth.transactions.door.seata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.SeataConversation;
import dev.plinth.wire.seata.SeataDialect;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client as lean as can be: a socket, the codec, and a queue of what came in. */
final class TestClient implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    private final Socket socket;
    private final BlockingQueue<SeataFrame> received = new LinkedBlockingQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final SeataConversation speaking;
    private final SeataConversation listening;
    private int lastId = 100;

    TestClient(InetSocketAddress door) throws IOException {
        this(door, SeataDialect.DEFAULT);
    }

    TestClient(InetSocketAddress door, SeataDialect dialect) throws IOException {
        // Two of them, for two threads; both know the dialect, which never changes.
        speaking = new SeataConversation(dialect, Compressions.ALL);
        listening = new SeataConversation(dialect, Compressions.ALL);
        socket = new Socket(door.getAddress(), door.getPort());
        socket.setTcpNoDelay(true);
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        ByteBuf bytes = Unpooled.buffer();
        byte[] chunk = new byte[8192];
        try {
            for (int n = socket.getInputStream().read(chunk);
                    n >= 0;
                    n = socket.getInputStream().read(chunk)) {
                bytes.writeBytes(chunk, 0, n);
                for (var frame = listening.read(bytes); frame.isPresent(); frame = listening.read(bytes)) {
                    received.add(frame.get());
                }
            }
        } catch (IOException e) {
            // The connection was reset: the same as its end here.
        } finally {
            closed.countDown();
        }
    }

    /** An application's transaction manager, known to the door. */
    TestClient registerTM(String application, String version) {
        var answer = ask(new SeataMessage.RegisterTMRequest(version, application, "group", ""));
        assertThat(((SeataMessage.RegisterTMResponse) answer).identified()).isTrue();
        return this;
    }

    TestClient registerTM(String application) {
        return registerTM(application, "2.6.0");
    }

    /** An application's resource manager of these resources, known to the door. */
    TestClient registerRM(String application, String resources) {
        var answer = ask(new SeataMessage.RegisterRMRequest("2.6.0", application, "group", "", resources));
        assertThat(((SeataMessage.RegisterRMResponse) answer).identified()).isTrue();
        return this;
    }

    int nextId() {
        return ++lastId;
    }

    void send(SeataFrame frame) {
        ByteBuf bytes = Unpooled.buffer();
        speaking.write(frame, bytes);
        send(bytes);
    }

    void send(ByteBuf bytes) {
        try {
            bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request and takes its answer, which must be the next frame. */
    SeataMessage ask(SeataMessage request) {
        int id = nextId();
        send(SeataFrame.request(id, request));
        var answer = next();
        assertThat(answer.requestId()).isEqualTo(id);
        return answer.message();
    }

    /** The next frame that comes in. */
    SeataFrame next() {
        try {
            var frame = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(frame).as("a frame from the door").isNotNull();
            return frame;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In which the door spoke last. */
    SeataDialect heard() {
        return listening.dialect();
    }

    /** Whether something came in that nobody has taken. */
    boolean hasReceived() {
        return !received.isEmpty();
    }

    /** Returns when the door has closed the connection. */
    void awaitClose() {
        try {
            assertThat(closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("the door closes the connection")
                    .isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
