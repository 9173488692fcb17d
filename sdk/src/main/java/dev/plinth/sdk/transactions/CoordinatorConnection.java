package dev.plinth.sdk.transactions;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFormatException;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** One TCP connection to the coordinator, from its start to its end. */
@SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection, and channelInactive sees to the rest
final class CoordinatorConnection extends SimpleChannelInboundHandler<SeataFrame> {
    /*
     * Answers to the coordinator's requests go back on the connection on which they came, or nowhere. Seata's server pairs
     * them by a number that starts again with the server: an answer that arrives after a restart could be taken for the
     * answer to another branch's request. The coordinator asks again, and the participant is idempotent.
     */
    private static final Logger LOG = System.getLogger(CoordinatorConnection.class.getName());
    private static final int FRAME_BYTES_USUAL = 512;

    private final Channel channel;
    private final CoordinatorRequests requests;
    private final AtomicInteger nextRequestId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<SeataMessage>> unanswered = new ConcurrentHashMap<>();
    // Set on the event loop before `unanswered` is emptied; whoever adds to it looks here afterwards.
    private volatile boolean gone;

    CoordinatorConnection(Channel channel, CoordinatorRequests requests) {
        this.channel = channel;
        this.requests = requests;
    }

    /** Asks, and waits for the answer until the deadline, in {@link System#nanoTime}. */
    SeataMessage.Response call(SeataMessage.Request message, long deadline) {
        int id = nextId();
        CompletableFuture<SeataMessage> answer = send(id, message);
        try {
            SeataMessage reply = answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (reply instanceof SeataMessage.Response response) {
                return response;
            }
            throw new PlinthException(Code.REFUSED, "the coordinator answered " + message + " with " + reply);
        } catch (TimeoutException e) {
            throw new PlinthException(Code.TIMEOUT, "the coordinator did not answer in time: " + message, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof NotSent notSent) {
                throw new PlinthException(Code.UNAVAILABLE, "the coordinator could not be asked: " + message, notSent);
            }
            throw new PlinthException(
                    Code.TIMEOUT, "the connection was lost before the coordinator answered: " + message, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlinthException(Code.TIMEOUT, "interrupted while waiting for the coordinator's answer", e);
        } finally {
            unanswered.remove(id);
        }
    }

    /** Asks; the answer comes on the event loop. */
    CompletableFuture<SeataMessage> send(SeataMessage message) {
        int id = nextId();
        CompletableFuture<SeataMessage> answer = send(id, message);
        answer.whenComplete((reply, failure) -> unanswered.remove(id));
        return answer;
    }

    private CompletableFuture<SeataMessage> send(int id, SeataMessage message) {
        CompletableFuture<SeataMessage> answer = new CompletableFuture<>();
        unanswered.put(id, answer);
        if (gone) {
            answer.completeExceptionally(new NotSent(new ConnectionLost()));
        } else {
            write(SeataFrame.request(id, message)).addListener(written -> {
                if (!written.isSuccess()) {
                    answer.completeExceptionally(new NotSent(written.cause()));
                }
            });
        }
        return answer;
    }

    private int nextId() {
        return nextRequestId.incrementAndGet() & Integer.MAX_VALUE;
    }

    /** Encodes on the caller's thread, so that the event loop only moves bytes. */
    private ChannelFuture write(SeataFrame frame) {
        ByteBuf bytes = channel.alloc().buffer(FRAME_BYTES_USUAL);
        boolean handedOver = false;
        try {
            SeataCodec.encode(frame, bytes);
            handedOver = true;
            return channel.writeAndFlush(bytes).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        } finally {
            if (!handedOver) {
                bytes.release();
            }
        }
    }

    boolean isOpen() {
        return channel.isActive();
    }

    void close() {
        channel.close();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, SeataFrame frame) {
        switch (frame.kind()) {
            case RESPONSE -> {
                CompletableFuture<SeataMessage> answer = unanswered.remove(frame.requestId());
                if (answer != null) {
                    answer.complete(frame.message());
                }
            }
            case REQUEST, ONE_WAY -> requested(frame);
            case HEARTBEAT_REQUEST -> write(SeataFrame.pong(frame.requestId()));
            case HEARTBEAT_RESPONSE -> {
                // Having read anything at all is what the idle handler wants to know.
            }
        }
    }

    private void requested(SeataFrame frame) {
        if (frame.message() instanceof SeataMessage.BranchEndRequest request) {
            requests.accept(request, response -> write(SeataFrame.response(frame.requestId(), response)));
        } else if (frame.message() instanceof SeataMessage.UndoLogDeleteRequest request) {
            requests.accept(request);
        } else {
            LOG.log(Level.WARNING, "the coordinator asked for something unknown: {0}", frame.message());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent idle) {
            if (idle.state() == IdleState.WRITER_IDLE) {
                write(SeataFrame.ping(nextId()));
            } else {
                LOG.log(Level.WARNING, "nothing heard from the coordinator for long: closing the connection");
                context.close();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable root = cause.getCause() instanceof SeataFormatException format ? format : cause;
        if (root instanceof SeataFormatException format && format.survivable()) {
            LOG.log(
                    Level.WARNING,
                    "the coordinator sent a frame that cannot be read; going on after it: {0}",
                    format.getMessage());
        } else {
            LOG.log(Level.WARNING, "closing the connection to the coordinator: {0}", String.valueOf(root));
            context.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone = true;
        ConnectionLost lost = new ConnectionLost();
        unanswered.values().forEach(answer -> answer.completeExceptionally(lost));
        unanswered.clear();
    }

    /** Less than the whole frame has left this process, so it cannot have been understood. */
    private static final class NotSent extends RuntimeException {
        NotSent(Throwable cause) {
            super("not sent", cause, false, false);
        }
    }

    /** The connection ended; carries no stack trace, for it has no place in this code. */
    private static final class ConnectionLost extends RuntimeException {
        ConnectionLost() {
            super("connection lost", null, false, false);
        }
    }
}
