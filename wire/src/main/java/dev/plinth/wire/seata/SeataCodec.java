package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataFormatException.Code;
import dev.plinth.wire.seata.SeataFrame.Kind;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns frames into bytes and bytes into frames. Stateless; reads and writes the given buffers directly, without a copy between.
 *
 * <pre>
 *  0        2         3            7            9      10           11           12          16
 *  | da da | version | fullLength | headLength | kind | serializer | compressor | requestId | head … | body … |
 * </pre>
 *
 * {@code headLength} counts the 16 bytes and the head map, {@code fullLength} everything. The body is a type code of two bytes and
 * the message's fields. Numbers are big-endian.
 */
public final class SeataCodec {
    /*
     * A frame's end is known once its lengths are, so whatever is wrong inside one costs that frame only: the reader index is
     * moved past it before anything is raised. Wrong magic, version or lengths mean that no later byte can be trusted either.
     *
     * What follows a message's known fields is skipped, as Seata's own decoder does: newer clients add fields at the end.
     */

    /** Bytes of one frame, as Seata's own limit. */
    public static final int FRAME_BYTES_MAX = 8 * 1024 * 1024;

    /** Bytes of a text whose length has two bytes on the wire: all but those whose limit is the frame. */
    public static final int TEXT_BYTES_MAX = Short.MAX_VALUE;

    /** Messages in one merged message. */
    public static final int MERGED_MESSAGES_MAX = Short.MAX_VALUE;

    static final short MAGIC = (short) 0xdada;
    static final byte VERSION = 1;
    static final byte SERIALIZER_SEATA = 1;
    static final byte COMPRESSOR_NONE = 0;
    static final int HEAD_BYTES = 16;

    /** Magic, version and both lengths. */
    private static final int LENGTHS_END = 9;

    private static final Kind[] KINDS = Kind.values();

    private SeataCodec() {}

    /**
     * Reads the next frame, if all of it is there; otherwise reads nothing.
     *
     * @throws SeataFormatException if it is no frame of this format. If that is {@linkplain SeataFormatException#survivable()
     *     survivable}, the frame has been read past.
     */
    public static Optional<SeataFrame> decode(ByteBuf in) {
        return decode(in, SeataCodec::plainBody);
    }

    /** Makes a message of a body. */
    interface BodyReader {
        SeataMessage read(int serializer, int compressor, ByteBuf body, int requestId);
    }

    private static SeataMessage plainBody(int serializer, int compressor, ByteBuf body, int requestId) {
        if (serializer != SERIALIZER_SEATA) {
            throw fault(
                    Code.SERIALIZER,
                    requestId,
                    "the body is in serializer " + serializer + "; only " + SERIALIZER_SEATA + " (seata) is spoken");
        }
        if (compressor != COMPRESSOR_NONE) {
            throw fault(
                    Code.COMPRESSOR,
                    requestId,
                    "the body is compressed with " + compressor + "; only " + COMPRESSOR_NONE + " (none) is spoken");
        }
        return MessageReader.read(new FieldReader(body, requestId));
    }

    static Optional<SeataFrame> decode(ByteBuf in, BodyReader bodies) {
        int start = in.readerIndex();
        if (in.readableBytes() < LENGTHS_END) {
            refuseForeignBytes(in, start);
            return Optional.empty();
        }
        refuseForeignBytes(in, start);
        int fullLength = in.getInt(start + 3);
        int headLength = in.getUnsignedShort(start + 7);
        if (fullLength < HEAD_BYTES || fullLength > FRAME_BYTES_MAX) {
            throw fault(
                    Code.LENGTH,
                    "the frame says it is " + fullLength + " bytes long; between " + HEAD_BYTES + " and "
                            + FRAME_BYTES_MAX + " are possible");
        }
        if (headLength < HEAD_BYTES || headLength > fullLength) {
            throw fault(
                    Code.LENGTH,
                    "the frame says its head is " + headLength + " bytes long; between " + HEAD_BYTES
                            + " and the whole frame's " + fullLength + " are possible");
        }
        if (in.readableBytes() < fullLength) {
            return Optional.empty();
        }
        in.skipBytes(fullLength);
        return Optional.of(frame(in.slice(start, fullLength), headLength, bodies));
    }

    /** As soon as the first bytes are there: a client of another protocol should not wait for an answer that never comes. */
    private static void refuseForeignBytes(ByteBuf in, int start) {
        int readable = in.readableBytes();
        if (readable >= 2 && in.getShort(start) != MAGIC) {
            throw fault(Code.MAGIC, "the frame starts with %04x, not dada".formatted(in.getUnsignedShort(start)));
        }
        if (readable >= 3 && in.getByte(start + 2) != VERSION) {
            throw fault(
                    Code.VERSION,
                    "the frame's version is " + in.getByte(start + 2) + "; only " + VERSION + " is spoken");
        }
    }

    private static SeataFrame frame(ByteBuf frame, int headLength, BodyReader bodies) {
        int kindCode = frame.getUnsignedByte(9);
        byte serializer = frame.getByte(10);
        byte compressor = frame.getByte(11);
        int requestId = frame.getInt(12);
        if (kindCode >= KINDS.length) {
            throw fault(
                    Code.KIND, requestId, "the frame's kind is " + kindCode + "; known are 0 to " + (KINDS.length - 1));
        }
        Kind kind = KINDS[kindCode];
        Map<String, String> head = head(frame.slice(HEAD_BYTES, headLength - HEAD_BYTES), requestId);
        if (kind.heartbeat()) {
            return new SeataFrame(kind, requestId, head, new SeataMessage.Heartbeat());
        }
        ByteBuf body = frame.slice(headLength, frame.capacity() - headLength);
        return new SeataFrame(kind, requestId, head, bodies.read(serializer, compressor, body, requestId));
    }

    private static Map<String, String> head(ByteBuf bytes, int requestId) {
        if (!bytes.isReadable()) {
            return Map.of();
        }
        Map<String, String> head = new LinkedHashMap<>();
        FieldReader fields = new FieldReader(bytes, requestId);
        while (bytes.isReadable()) {
            String key = fields.text("the head's key");
            head.put(key, fields.text("the head's value of " + key));
        }
        return head;
    }

    /**
     * Writes one frame.
     *
     * @throws SeataFormatException if a text or the whole is over its limit; then nothing was written
     */
    public static void encode(SeataFrame frame, ByteBuf out) {
        encode(
                frame,
                SeataDialect.DEFAULT,
                (message, dialect, requestId, to) -> MessageWriter.write(message, new FieldWriter(to, requestId)),
                out);
    }

    /** Makes a body of a message. */
    interface BodyWriter {
        void write(SeataMessage message, SeataDialect dialect, int requestId, ByteBuf out);
    }

    static void encode(SeataFrame frame, SeataDialect dialect, BodyWriter bodies, ByteBuf out) {
        int start = out.writerIndex();
        boolean whole = false;
        try {
            out.writeShort(MAGIC)
                    .writeByte(VERSION)
                    .writeInt(0)
                    .writeShort(0)
                    .writeByte(frame.kind().code())
                    .writeByte(dialect.serializer().code())
                    .writeByte(dialect.compressor())
                    .writeInt(frame.requestId());
            FieldWriter fields = new FieldWriter(out, frame.requestId());
            frame.head().forEach((key, value) -> {
                fields.text("the head's key", key);
                fields.text("the head's value of " + key, value);
            });
            int headLength = out.writerIndex() - start;
            if (headLength > TEXT_BYTES_MAX) {
                throw fault(
                        Code.FIELD,
                        frame.requestId(),
                        "the head is " + headLength + " bytes long; the limit is " + TEXT_BYTES_MAX);
            }
            if (!frame.kind().heartbeat()) {
                bodies.write(frame.message(), dialect, frame.requestId(), out);
            }
            int fullLength = out.writerIndex() - start;
            if (fullLength > FRAME_BYTES_MAX) {
                throw fault(
                        Code.LENGTH,
                        frame.requestId(),
                        "the frame would be " + fullLength + " bytes long; the limit is " + FRAME_BYTES_MAX);
            }
            out.setInt(start + 3, fullLength);
            out.setShort(start + 7, headLength);
            whole = true;
        } finally {
            if (!whole) {
                out.writerIndex(start);
            }
        }
    }

    private static SeataFormatException fault(Code code, String message) {
        return new SeataFormatException(code, OptionalInt.empty(), message);
    }

    static SeataFormatException fault(Code code, int requestId, String message) {
        return new SeataFormatException(code, OptionalInt.of(requestId), "request " + requestId + ": " + message);
    }
}
