package dev.plinth.wire.bolt;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Cuts frames from a stream of bytes. Keeps nothing from one call to the next. */
public final class BoltDecoder {
    /*
     * The fixed part of a frame, with the bytes that only protocol 2 has in brackets:
     *
     *   request:  protocol 1, [version 1], type 1, command 2, command version 1, id 4, codec 1, [switches 1], timeout 4, lengths 8
     *   response: the same with status 2 in place of timeout 4
     *   lengths:  class name 2, header 2, content 4
     *
     * then class name, header, content, [CRC32 of all of it, 4]. Everything in the fixed part is checked as soon as that part
     * has come: nobody makes us wait for, and hold, sixteen megabytes of a frame that we are not going to take.
     */
    static final byte TYPE_RESPONSE = 0;
    static final byte TYPE_REQUEST = 1;
    static final byte TYPE_ONE_WAY = 2;
    static final short COMMAND_HEARTBEAT = 0;
    static final short COMMAND_REQUEST = 1;
    static final short COMMAND_RESPONSE = 2;

    private final BoltLimits limits;

    public BoltDecoder(BoltLimits limits) {
        this.limits = limits;
    }

    /**
     * The next frame of {@code in}, or nothing if it has not come whole yet; then {@code in} is where it was. The header and the
     * content are slices that keep {@code in} alive until the frame is released.
     *
     * @throws BoltException if there is no frame that can be taken. If {@linkplain BoltException#connectionSurvives() the
     *     connection survives}, {@code in} is past the bad frame
     */
    public Optional<BoltFrame> decode(ByteBuf in) {
        int start = in.readerIndex();
        Head head = readHead(in, start);
        if (head == null || in.readableBytes() < head.frameBytes()) {
            in.readerIndex(start);
            return Optional.empty();
        }
        if (head.dialect.hasCrc()) {
            checkCrc(in, start, head);
        }
        in.readerIndex(start + head.headBytes);
        int end = start + head.frameBytes();
        try {
            return Optional.of(readFrame(in, head));
        } finally {
            in.readerIndex(end);
        }
    }

    /** A frame's fixed part, checked but for what is skipped with the frame. */
    private record Head(
            BoltDialect dialect,
            int headBytes,
            byte type,
            short command,
            int id,
            byte codec,
            int timeoutOrStatus,
            int classNameBytes,
            int headerBytes,
            int contentBytes) {
        int frameBytes() {
            return headBytes
                    + classNameBytes
                    + headerBytes
                    + contentBytes
                    + (dialect.hasCrc() ? BoltDialect.CRC_BYTES : 0);
        }
    }

    private @Nullable Head readHead(ByteBuf in, int start) {
        int readable = in.readableBytes();
        if (readable < 1) {
            return null;
        }
        byte protocol = in.getByte(start);
        if (protocol != 1 && protocol != 2) {
            throw new BoltException(
                    BoltException.Kind.WRONG_PROTOCOL,
                    "byte 0 of a frame is 0x%02x: expected Bolt's protocol 1 or 2".formatted(protocol & 0xff));
        }
        boolean two = protocol == 2;
        if (readable < (two ? 3 : 2)) {
            return null;
        }
        byte version = two ? in.getByte(start + 1) : 0;
        if (two && version != BoltDialect.VERSION_1 && version != BoltDialect.VERSION_2) {
            throw new BoltException(
                    BoltException.Kind.WRONG_VERSION,
                    "byte 1 of a frame of Bolt's protocol 2 is version " + version + ": expected 1 or 2");
        }
        int typeAt = two ? 2 : 1;
        byte type = in.getByte(start + typeAt);
        if (type != TYPE_RESPONSE && type != TYPE_REQUEST && type != TYPE_ONE_WAY) {
            throw new BoltException(
                    BoltException.Kind.UNKNOWN_TYPE,
                    "byte " + typeAt + " of a Bolt frame is type " + type
                            + ": expected 0 (response), 1 (request) or 2 (one-way request)");
        }
        BoltDialect plain = two ? BoltDialect.V2 : BoltDialect.V1;
        int headBytes = type == TYPE_RESPONSE ? plain.responseHeadBytes() : plain.requestHeadBytes();
        if (readable < headBytes) {
            return null;
        }
        in.readerIndex(start + typeAt + 1);
        short command = in.readShort();
        in.readByte(); // The command's own version: always 1, and looked at by nobody.
        int id = in.readInt();
        byte codec = in.readByte();
        byte switches = two ? in.readByte() : 0;
        boolean crc = version == BoltDialect.VERSION_2 && (switches & BoltDialect.SWITCH_CRC) != 0;
        int timeoutOrStatus = type == TYPE_RESPONSE ? in.readShort() : in.readInt();
        int classNameBytes = checkLength("class name", in.readShort(), BoltLimits.CLASS_NAME_BYTES_MAX, id);
        int headerBytes = checkLength("header", in.readShort(), BoltLimits.HEADER_BYTES_MAX, id);
        int contentBytes = checkLength("content", in.readInt(), limits.contentBytesMax(), id);
        in.readerIndex(start);
        return new Head(
                crc ? BoltDialect.V2_CRC : plain,
                headBytes,
                type,
                command,
                id,
                codec,
                timeoutOrStatus,
                classNameBytes,
                headerBytes,
                contentBytes);
    }

    private static int checkLength(String what, int length, int max, int id) {
        if (length < 0 || length > max) {
            throw new BoltException(
                    BoltException.Kind.LENGTH_OUT_OF_LIMIT,
                    OptionalInt.of(id),
                    "the Bolt frame with id " + id + " announces " + length + " bytes of " + what + ": expected 0 to "
                            + max);
        }
        return length;
    }

    private static void checkCrc(ByteBuf in, int start, Head head) {
        int covered = head.frameBytes() - BoltDialect.CRC_BYTES;
        int expected = in.getInt(start + covered);
        int actual = Crc32.of(in, start, covered);
        if (expected != actual) {
            throw new BoltException(
                    BoltException.Kind.CRC_MISMATCH,
                    OptionalInt.of(head.id),
                    "the Bolt frame with id %d, of %d bytes, has the CRC32 %08x, and says %08x"
                            .formatted(head.id, covered, actual, expected));
        }
    }

    private static BoltFrame readFrame(ByteBuf in, Head head) {
        if (head.command == COMMAND_HEARTBEAT && head.type != TYPE_ONE_WAY) {
            return head.type == TYPE_RESPONSE
                    ? new BoltFrame.HeartbeatAck(head.dialect, head.id)
                    : new BoltFrame.Heartbeat(head.dialect, head.id);
        }
        if (head.command != (head.type == TYPE_RESPONSE ? COMMAND_RESPONSE : COMMAND_REQUEST)) {
            throw new BoltException(
                    BoltException.Kind.UNKNOWN_COMMAND,
                    OptionalInt.of(head.id),
                    "the Bolt frame with id " + head.id + " and type " + head.type + " has the command code "
                            + head.command + ": expected "
                            + (head.type == TYPE_RESPONSE ? "2 (response)" : "1 (request)") + " or 0 (heartbeat)");
        }
        return head.type == TYPE_RESPONSE ? readResponse(in, head) : readRequest(in, head);
    }

    private static BoltFrame readRequest(ByteBuf in, Head head) {
        String className = in.readString(head.classNameBytes, StandardCharsets.UTF_8);
        return new BoltFrame.Request(
                head.dialect,
                head.id,
                head.type == TYPE_ONE_WAY,
                head.codec,
                head.timeoutOrStatus,
                className,
                in.readRetainedSlice(head.headerBytes),
                in.readRetainedSlice(head.contentBytes));
    }

    private static BoltFrame readResponse(ByteBuf in, Head head) {
        BoltStatus status = BoltStatus.of((short) head.timeoutOrStatus)
                .orElseThrow(() -> new BoltException(
                        BoltException.Kind.UNKNOWN_STATUS,
                        OptionalInt.of(head.id),
                        "the Bolt response with id " + head.id + " has the status " + head.timeoutOrStatus
                                + ", which does not exist"));
        String className = in.readString(head.classNameBytes, StandardCharsets.UTF_8);
        return new BoltFrame.Response(
                head.dialect,
                head.id,
                head.codec,
                status,
                className,
                in.readRetainedSlice(head.headerBytes),
                in.readRetainedSlice(head.contentBytes));
    }
}
