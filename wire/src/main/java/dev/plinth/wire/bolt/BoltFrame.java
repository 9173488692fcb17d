package dev.plinth.wire.bolt;

import io.netty.buffer.ByteBuf;

/**
 * What travels over a Bolt connection. Each side may send each of them; an answer carries its request's id.
 *
 * <p>A frame owns its buffers: whoever has it hands it on, or {@linkplain #release() releases} it.
 */
public sealed interface BoltFrame {

    BoltDialect dialect();

    /** Chosen by the side that asks, unique among its unanswered requests on the connection. */
    int id();

    /** Gives the buffers back. */
    default void release() {}

    /**
     * A call.
     *
     * @param oneWay nobody waits for an answer, and none may be sent
     * @param codec how the content is serialized; 1 is Hessian
     * @param timeoutMs how long the caller waits, from when it sent this; 0 or less if it does not say
     * @param className the content's type, as Java names it
     * @param header {@link BoltHeader} in SOFARPC
     */
    record Request(
            BoltDialect dialect,
            int id,
            boolean oneWay,
            byte codec,
            int timeoutMs,
            String className,
            ByteBuf header,
            ByteBuf content)
            implements BoltFrame {
        @Override
        public void release() {
            header.release();
            content.release();
        }
    }

    /**
     * The answer to a call.
     *
     * @param className the content's type, as Java names it; empty without content
     */
    record Response(
            BoltDialect dialect,
            int id,
            byte codec,
            BoltStatus status,
            String className,
            ByteBuf header,
            ByteBuf content)
            implements BoltFrame {
        @Override
        public void release() {
            header.release();
            content.release();
        }
    }

    /** Asks whether the other side is there. */
    record Heartbeat(BoltDialect dialect, int id) implements BoltFrame {}

    /** Says so. */
    record HeartbeatAck(BoltDialect dialect, int id) implements BoltFrame {}
}
