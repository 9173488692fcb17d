package dev.plinth.rpc.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.System.Logger.Level;

/** Puts the messages of a connection's calls together from what comes of them, and hands them on. On the connection's thread. */
final class Messages {
    private static final System.Logger LOG = System.getLogger(Messages.class.getName());

    private final GrpcBounds bounds;
    private final Floods floods;
    private final ByteBufAllocator allocator;

    /** What is here of messages that have not come whole. */
    private long partBytes;

    Messages(GrpcBounds bounds, Floods floods, ByteBufAllocator allocator) {
        this.bounds = bounds;
        this.floods = floods;
        this.allocator = allocator;
    }

    /** What has come of a call. */
    void heard(GrpcCall call, ByteBuf data) {
        if (call.part == null) {
            takeWhole(call, data);
            if (data.isReadable() && call.isOpen()) {
                call.part = allocator.buffer(data.readableBytes());
                call.part.writeBytes(data);
                kept(call, call.part.readableBytes());
            }
        } else if (call.isOpen()) {
            var part = call.part;
            part.discardSomeReadBytes();
            part.writeBytes(data);
            takeWhole(call, part);
            // None is left if the call is over.
            if (call.part != null) {
                kept(call, part.readableBytes());
            }
        }
    }

    /** So much is there now of a message of this call that has not come whole. */
    private void kept(GrpcCall call, int bytes) {
        partBytes += bytes - call.partBytes;
        call.partBytes = bytes;
        if (bytes == 0 && call.part != null) {
            call.part.release();
            call.part = null;
        }
        long most = 2L * bounds.messageBytesMax();
        if (partBytes > most) {
            call.end(
                    GrpcCode.RESOURCE_EXHAUSTED,
                    "of this connection " + partBytes
                            + " bytes of messages are here that have not come whole: expected at most " + most);
        }
    }

    /** Hands on the messages that are there from end to end. */
    private void takeWhole(GrpcCall call, ByteBuf data) {
        while (call.isOpen() && data.readableBytes() >= Frames.PREFIX) {
            int compressed = data.getByte(data.readerIndex());
            long length = data.getUnsignedInt(data.readerIndex() + 1);
            if (compressed != 0) {
                call.end(GrpcCode.INTERNAL, "a message is marked " + compressed + ", compressed: expected 0");
            } else if (length > bounds.messageBytesMax()) {
                call.end(
                        GrpcCode.RESOURCE_EXHAUSTED,
                        "a message has " + length + " bytes: expected at most " + bounds.messageBytesMax());
            } else if (data.readableBytes() < Frames.PREFIX + length) {
                return;
            } else {
                data.skipBytes(Frames.PREFIX);
                floods.asked();
                hear(call, message(data, (int) length));
            }
        }
    }

    private static ByteString message(ByteBuf data, int length) {
        byte[] bytes = new byte[length];
        data.readBytes(bytes);
        // Nobody else has the array.
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private static void hear(GrpcCall call, ByteString message) {
        var listener = call.listener;
        if (listener != null) {
            tell(call, () -> listener.heard(message));
        }
    }

    /** What a service does wrong with one call does not touch the others. */
    private static void tell(GrpcCall call, Runnable listening) {
        try {
            listening.run();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a call's service failed", e);
            call.end(GrpcCode.INTERNAL, "the service failed");
        }
    }

    /** A call's client has said all. */
    void heardAll(GrpcCall call) {
        call.heardAll = true;
        if (!call.isOpen()) {
            return;
        }
        if (call.part != null) {
            call.end(GrpcCode.INTERNAL, "the call ended in the midst of a message");
        } else if (call.listener != null) {
            tell(call, call.listener::halfClosed);
        }
    }

    /** The call is over. */
    void forget(GrpcCall call) {
        partBytes -= call.partBytes;
    }
}
