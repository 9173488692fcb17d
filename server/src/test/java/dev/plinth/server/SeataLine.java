package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.SeataConversation;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An application on Seata's wire, as lean as can be: it begins transactions and is their participant, and does what it is asked. */
final class SeataLine implements AutoCloseable {
    private final Socket socket;
    private final SeataConversation listening = new SeataConversation(List.of());
    private final SeataConversation speaking = new SeataConversation(List.of());
    private final AtomicInteger ids = new AtomicInteger();
    private final ConcurrentHashMap<Integer, CompletableFuture<SeataMessage>> waiting = new ConcurrentHashMap<>();

    /** @param group its transaction service group */
    SeataLine(Listen door, String group, String resources) throws IOException {
        socket = new Socket(door.host(), door.port());
        socket.setTcpNoDelay(true);
        Thread.ofVirtual().start(this::read);
        ask(new SeataMessage.RegisterTMRequest("2.6.0", "bank", group, ""));
        ask(new SeataMessage.RegisterRMRequest("2.6.0", "bank", group, "", resources));
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
                    took(frame.get());
                }
            }
        } catch (IOException e) {
            // The connection is closed: whoever waits for an answer finds none.
        }
        waiting.values().forEach(one -> one.completeExceptionally(new IOException("the connection is closed")));
    }

    private void took(SeataFrame frame) {
        switch (frame.message()) {
            case SeataMessage.BranchCommitRequest asked ->
                send(SeataFrame.response(
                        frame.requestId(),
                        new SeataMessage.BranchCommitResponse(
                                SeataMessage.Result.ok(),
                                asked.xid(),
                                asked.branchId(),
                                BranchStatus.PHASE_TWO_COMMITTED)));
            case SeataMessage.BranchRollbackRequest asked ->
                send(SeataFrame.response(
                        frame.requestId(),
                        new SeataMessage.BranchRollbackResponse(
                                SeataMessage.Result.ok(),
                                asked.xid(),
                                asked.branchId(),
                                BranchStatus.PHASE_TWO_ROLLBACKED)));
            default -> {
                var waiter = waiting.remove(frame.requestId());
                if (waiter != null) {
                    waiter.complete(frame.message());
                }
            }
        }
    }

    private synchronized void send(SeataFrame frame) {
        ByteBuf bytes = Unpooled.buffer();
        speaking.write(frame, bytes);
        try {
            bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SeataMessage ask(SeataMessage request) {
        int id = ids.incrementAndGet();
        var answer = new CompletableFuture<SeataMessage>();
        waiting.put(id, answer);
        send(SeataFrame.request(id, request));
        return answer.join();
    }

    /** Begins a transaction. Returns its XID. */
    String begin() {
        var answer = (SeataMessage.GlobalBeginResponse) ask(new SeataMessage.GlobalBeginRequest(60_000, "pay"));
        assertThat(answer.result().message()).isEmpty();
        return answer.xid();
    }

    /** Registers an AT branch. Returns why it could not; empty if it is there. */
    String register(String xid, String resource, String lockKey) {
        var answer = (SeataMessage.BranchRegisterResponse)
                ask(new SeataMessage.BranchRegisterRequest(xid, BranchType.AT, resource, lockKey, ""));
        return answer.branchId() == 0 ? answer.result().message() : "";
    }

    GlobalStatus commit(String xid) {
        return ((SeataMessage.GlobalCommitResponse) ask(new SeataMessage.GlobalCommitRequest(xid, ""))).globalStatus();
    }

    GlobalStatus rollback(String xid) {
        return ((SeataMessage.GlobalRollbackResponse) ask(new SeataMessage.GlobalRollbackRequest(xid, "")))
                .globalStatus();
    }

    /** Whether nobody holds these rows. */
    boolean free(String resource, String lockKey) {
        return ((SeataMessage.GlobalLockQueryResponse)
                        ask(new SeataMessage.GlobalLockQueryRequest("", BranchType.AT, resource, lockKey, "")))
                .lockable();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
