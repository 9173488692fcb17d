package dev.plinth.wire.bolt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** Lays frames out as bytes. */
public final class BoltEncoder {
    /*
     * A small content is copied behind its head: one buffer is cheaper to write than two. A larger one is not touched, it
     * becomes the second part of a composite buffer.
     */
    private static final int COPIED_BYTES_MAX = 1024;
    /** What the original sends with a heartbeat, which has no content; the receiver looks at neither. */
    private static final byte CODEC_HESSIAN = 1;

    private static final int NO_TIMEOUT = -1;
    private static final byte COMMAND_VERSION = 1;

    private BoltEncoder() {}

    /**
     * The frame's bytes; the frame is used up, also when this fails.
     *
     * @throws IllegalArgumentException if the class name or the header is longer than {@link BoltLimits} allows
     */
    public static ByteBuf encode(BoltFrame frame, ByteBufAllocator allocator) {
        return switch (frame) {
            case BoltFrame.Request request -> request(request, allocator);
            case BoltFrame.Response response -> response(response, allocator);
            case BoltFrame.Heartbeat beat -> heartbeat(beat, BoltDecoder.TYPE_REQUEST, allocator);
            case BoltFrame.HeartbeatAck ack -> heartbeat(ack, BoltDecoder.TYPE_RESPONSE, allocator);
        };
    }

    private static ByteBuf request(BoltFrame.Request frame, ByteBufAllocator allocator) {
        var head = new Head(
                frame.dialect(),
                frame.oneWay() ? BoltDecoder.TYPE_ONE_WAY : BoltDecoder.TYPE_REQUEST,
                BoltDecoder.COMMAND_REQUEST,
                frame.id(),
                frame.codec(),
                frame.timeoutMs());
        return encode(head, frame.className(), frame.header(), frame.content(), allocator);
    }

    private static ByteBuf response(BoltFrame.Response frame, ByteBufAllocator allocator) {
        var head = new Head(
                frame.dialect(),
                BoltDecoder.TYPE_RESPONSE,
                BoltDecoder.COMMAND_RESPONSE,
                frame.id(),
                frame.codec(),
                frame.status().code());
        return encode(head, frame.className(), frame.header(), frame.content(), allocator);
    }

    private static ByteBuf heartbeat(BoltFrame frame, byte type, ByteBufAllocator allocator) {
        int timeoutOrStatus = type == BoltDecoder.TYPE_REQUEST ? NO_TIMEOUT : BoltStatus.SUCCESS.code();
        var head = new Head(
                frame.dialect(), type, BoltDecoder.COMMAND_HEARTBEAT, frame.id(), CODEC_HESSIAN, timeoutOrStatus);
        ByteBuf out = allocator.buffer(head.bytes() + BoltDialect.CRC_BYTES);
        head.write(out, 0, 0, 0);
        return finish(head, out);
    }

    private static ByteBuf encode(
            Head head, String className, ByteBuf header, ByteBuf content, ByteBufAllocator allocator) {
        boolean contentIsOurs = true;
        ByteBuf out = allocator.buffer(head.bytes() + className.length() + header.readableBytes() + 64);
        try {
            int classNameBytes = ByteBufUtil.utf8Bytes(className);
            checkLength("class name", classNameBytes, BoltLimits.CLASS_NAME_BYTES_MAX);
            checkLength("header", header.readableBytes(), BoltLimits.HEADER_BYTES_MAX);
            head.write(out, classNameBytes, header.readableBytes(), content.readableBytes());
            ByteBufUtil.writeUtf8(out, className);
            out.writeBytes(header, header.readerIndex(), header.readableBytes());
            if (content.readableBytes() <= COPIED_BYTES_MAX) {
                out.writeBytes(content, content.readerIndex(), content.readableBytes());
            } else {
                contentIsOurs = false;
                out = allocator.compositeBuffer(4).addComponent(true, out).addComponent(true, content);
            }
            ByteBuf finished = finish(head, out);
            out = null;
            return finished;
        } finally {
            header.release();
            if (contentIsOurs) {
                content.release();
            }
            if (out != null) {
                out.release();
            }
        }
    }

    private static ByteBuf finish(Head head, ByteBuf out) {
        if (head.dialect.hasCrc()) {
            out.writeInt(Crc32.of(out, out.readerIndex(), out.readableBytes()));
        }
        return out;
    }

    private static void checkLength(String what, int length, int max) {
        if (length > max) {
            throw new IllegalArgumentException(
                    "a Bolt frame with a " + what + " of " + length + " bytes: expected at most " + max);
        }
    }

    /** A frame's fixed part, but for the lengths. */
    private record Head(BoltDialect dialect, byte type, short command, int id, byte codec, int timeoutOrStatus) {
        int bytes() {
            return type == BoltDecoder.TYPE_RESPONSE ? dialect.responseHeadBytes() : dialect.requestHeadBytes();
        }

        void write(ByteBuf out, int classNameBytes, int headerBytes, int contentBytes) {
            out.writeByte(dialect.protocol());
            if (dialect != BoltDialect.V1) {
                out.writeByte(dialect.hasCrc() ? BoltDialect.VERSION_2 : BoltDialect.VERSION_1);
            }
            out.writeByte(type);
            out.writeShort(command);
            out.writeByte(COMMAND_VERSION);
            out.writeInt(id);
            out.writeByte(codec);
            if (dialect != BoltDialect.V1) {
                out.writeByte(dialect.hasCrc() ? BoltDialect.SWITCH_CRC : 0);
            }
            if (type == BoltDecoder.TYPE_RESPONSE) {
                out.writeShort(timeoutOrStatus);
            } else {
                out.writeInt(timeoutOrStatus);
            }
            out.writeShort(classNameBytes);
            out.writeShort(headerBytes);
            out.writeInt(contentBytes);
        }
    }
}
