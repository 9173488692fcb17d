package dev.plinth.rpc.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes HTTP/2's frames (RFC 9113, section 6) and gRPC's headers in them. */
final class Frames {
    /*
     * Headers are written as literals that are not to be remembered (RFC 7541, section 6.2.2): the same few bytes for every call, which
     * nothing has to be looked up for. The first block of a connection sets the table of headers to nothing, so that no later setting of the
     * client's is of any consequence (section 4.2).
     */
    static final int HEADER = 9;
    static final int PREFIX = 5;
    static final int PAYLOAD_MAX = 16_384;

    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int MAX_HEADER_LIST_SIZE = 6;

    private static final byte NO_TABLE = 0x20;

    /** ":status: 200", of RFC 7541's own table. */
    private static final byte STATUS_200 = (byte) 0x88;

    private static final int STATUS = 8;
    private static final int CONTENT_TYPE = 31;
    private static final byte[] GRPC = ascii("application/grpc");
    private static final byte[] GRPC_STATUS = ascii("grpc-status");
    private static final byte[] GRPC_MESSAGE = ascii("grpc-message");
    private static final int MESSAGE_BYTES_MAX = 1_024;

    private boolean begun;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void header(ByteBuf out, int length, int type, int flags, int stream) {
        out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
    }

    void settings(ByteBuf out, int callsMax, int window, int headerBytesMax) {
        header(out, 18, Http2FrameTypes.SETTINGS, 0, 0);
        out.writeShort(MAX_CONCURRENT_STREAMS).writeInt(callsMax);
        out.writeShort(INITIAL_WINDOW_SIZE).writeInt(window);
        out.writeShort(MAX_HEADER_LIST_SIZE).writeInt(headerBytesMax);
    }

    void settingsAck(ByteBuf out) {
        header(out, 0, Http2FrameTypes.SETTINGS, Http2Flags.ACK, 0);
    }

    void pingAck(ByteBuf out, long data) {
        header(out, 8, Http2FrameTypes.PING, Http2Flags.ACK, 0);
        out.writeLong(data);
    }

    void windowUpdate(ByteBuf out, int stream, int more) {
        header(out, 4, Http2FrameTypes.WINDOW_UPDATE, 0, stream);
        out.writeInt(more);
    }

    void reset(ByteBuf out, int stream, long error) {
        header(out, 4, Http2FrameTypes.RST_STREAM, 0, stream);
        out.writeInt((int) error);
    }

    void goAway(ByteBuf out, int lastStream, long error, String why) {
        byte[] text = ascii(why);
        header(out, 8 + text.length, Http2FrameTypes.GO_AWAY, 0, 0);
        out.writeInt(lastStream).writeInt((int) error).writeBytes(text);
    }

    /** Data that the caller writes next, so long. */
    void data(ByteBuf out, int stream, int length) {
        header(out, length, Http2FrameTypes.DATA, 0, stream);
    }

    /** A message with gRPC's prefix, in one piece. */
    static void message(ByteBuf out, MessageLite message, int size) {
        out.ensureWritable(PREFIX + size).writeByte(0).writeInt(size);
        var into = CodedOutputStream.newInstance(out.nioBuffer(out.writerIndex(), size));
        try {
            message.writeTo(into);
            into.flush();
        } catch (IOException e) {
            throw new IllegalStateException("a message is longer than it says", e);
        }
        out.writerIndex(out.writerIndex() + size);
    }

    /** What goes before a call's first message. */
    void headers(ByteBuf out, int stream) {
        int at = block(out);
        out.writeByte(STATUS_200);
        literal(out, CONTENT_TYPE, GRPC);
        end(out, at, Http2Flags.END_HEADERS, stream);
    }

    /**
     * The end of a call.
     *
     * @param alone nothing went before
     */
    void trailers(ByteBuf out, int stream, boolean alone, GrpcCode code, String message) {
        int at = block(out);
        if (alone) {
            out.writeByte(STATUS_200);
            literal(out, CONTENT_TYPE, GRPC);
        }
        literal(out, GRPC_STATUS, ascii(Integer.toString(code.number())));
        if (!message.isEmpty()) {
            literal(out, GRPC_MESSAGE, percent(message));
        }
        end(out, at, Http2Flags.END_HEADERS | Http2Flags.END_STREAM, stream);
    }

    /** An answer of HTTP, to what is no call of gRPC. */
    void status(ByteBuf out, int stream, int status) {
        int at = block(out);
        literal(out, STATUS, ascii(Integer.toString(status)));
        end(out, at, Http2Flags.END_HEADERS | Http2Flags.END_STREAM, stream);
    }

    private int block(ByteBuf out) {
        int at = out.writerIndex();
        out.writeZero(HEADER);
        if (!begun) {
            begun = true;
            out.writeByte(NO_TABLE);
        }
        return at;
    }

    private static void end(ByteBuf out, int at, int flags, int stream) {
        int length = out.writerIndex() - at - HEADER;
        out.setMedium(at, length)
                .setByte(at + 3, Http2FrameTypes.HEADERS)
                .setByte(at + 4, flags)
                .setInt(at + 5, stream);
    }

    /** With a name of RFC 7541's own table. */
    private static void literal(ByteBuf out, int name, byte[] value) {
        integer(out, 0x0f, name);
        string(out, value);
    }

    private static void literal(ByteBuf out, byte[] name, byte[] value) {
        out.writeByte(0);
        string(out, name);
        string(out, value);
    }

    private static void string(ByteBuf out, byte[] bytes) {
        integer(out, 0x7f, bytes.length);
        out.writeBytes(bytes);
    }

    /** RFC 7541, section 5.1. */
    private static void integer(ByteBuf out, int prefixMax, int value) {
        if (value < prefixMax) {
            out.writeByte(value);
            return;
        }
        out.writeByte(prefixMax);
        int rest = value - prefixMax;
        while (rest >= 0x80) {
            out.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /** As gRPC writes a message: everything but printable ASCII, and the percent sign, as %XX of its UTF-8. */
    private static byte[] percent(String message) {
        var text = new StringBuilder();
        for (byte one : message.getBytes(StandardCharsets.UTF_8)) {
            if (text.length() >= MESSAGE_BYTES_MAX) {
                break;
            }
            if (one >= ' ' && one <= '~' && one != '%') {
                text.append((char) one);
            } else {
                text.append('%')
                        .append(Character.toUpperCase(Character.forDigit((one >> 4) & 0xf, 16)))
                        .append(Character.toUpperCase(Character.forDigit(one & 0xf, 16)));
            }
        }
        return ascii(text.toString());
    }
}
