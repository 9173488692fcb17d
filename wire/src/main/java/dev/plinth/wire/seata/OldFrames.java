package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataFormatException.Code;
import dev.plinth.wire.seata.SeataFrame.Kind;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Frames of version 0, as clients before 0.7.1 speak them.
 *
 * <pre>
 *  0        2       4           6                   14
 *  | da da | flags | type code | request id (long) | the message's fields … |
 * </pre>
 *
 * Flags: 0x80 a request, 0x40 one way, 0x20 a heartbeat (with neither fields nor a type), 0x10 Seata's serializer. Source: Apache Seata
 * 2.6.0, {@code ProtocolDecoderV0}.
 */
final class OldFrames {
    /*
     * Such a frame does not say how long it is: it ends where its message's fields do. So it is read from its beginning until all of
     * it is there, and nothing can be skipped: whatever is wrong in it ends the connection. Seata's own decoder takes whatever bytes
     * happen to have arrived for one frame; two frames in one segment, or one in two, break it.
     */
    static final SeataDialect DIALECT = new SeataDialect(0, Serializer.SEATA, 0);

    private static final int HEAD_BYTES = 14;
    private static final int REQUEST = 0x80;
    private static final int ONE_WAY = 0x40;
    private static final int HEARTBEAT = 0x20;
    private static final int SEATA_SERIALIZER = 0x10;

    private OldFrames() {}

    /** Whether what follows is a frame of version 0: its flags fit one byte, so the first of their two is always 0. */
    static boolean begins(ByteBuf in) {
        int start = in.readerIndex();
        return in.readableBytes() >= 3 && in.getShort(start) == SeataCodec.MAGIC && in.getByte(start + 2) == 0;
    }

    static Optional<SeataFrame> read(ByteBuf in) {
        int start = in.readerIndex();
        if (in.readableBytes() < HEAD_BYTES) {
            return Optional.empty();
        }
        int flags = in.getUnsignedShort(start + 2);
        int typeCode = in.getUnsignedShort(start + 4);
        long id = in.getLong(start + 6);
        int requestId = (int) id;
        if (requestId != id) {
            throw fault("its request id is " + id + "; only those of 32 bits are spoken");
        }
        if ((flags & HEARTBEAT) != 0) {
            in.skipBytes(HEAD_BYTES);
            return Optional.of((flags & REQUEST) != 0 ? SeataFrame.ping(requestId) : SeataFrame.pong(requestId));
        }
        if ((flags & SEATA_SERIALIZER) == 0) {
            throw fault("request " + requestId + " is in serializer 22 (hessian); only 1 (seata) is spoken");
        }
        var fields = in.slice(start + HEAD_BYTES, in.readableBytes() - HEAD_BYTES);
        SeataMessage message;
        try {
            message = MessageReader.read(typeCode, FieldReader.ofUnknownEnd(fields, requestId));
        } catch (FieldReader.NotAllThere e) {
            if (in.readableBytes() > SeataCodec.FRAME_BYTES_MAX) {
                throw fault("request " + requestId + " is longer than " + SeataCodec.FRAME_BYTES_MAX + " bytes", e);
            }
            return Optional.empty();
        } catch (SeataFormatException e) {
            throw fault(e.getMessage() + "; so its end is not known", e);
        }
        in.skipBytes(HEAD_BYTES + fields.readerIndex());
        return Optional.of(new SeataFrame(kind(flags), requestId, Map.of(), message));
    }

    private static Kind kind(int flags) {
        if ((flags & REQUEST) == 0) {
            return Kind.RESPONSE;
        }
        return (flags & ONE_WAY) == 0 ? Kind.REQUEST : Kind.ONE_WAY;
    }

    private static SeataFormatException fault(String what) {
        return new SeataFormatException(Code.LENGTH, OptionalInt.empty(), "a frame of version 0: " + what);
    }

    /** @param cause only says where it came from: what was wrong stands in the message */
    private static SeataFormatException fault(String what, RuntimeException cause) {
        var fault = fault(what);
        fault.addSuppressed(cause);
        return fault;
    }

    static void write(SeataFrame frame, ByteBuf out) {
        int start = out.writerIndex();
        boolean whole = false;
        try {
            out.writeShort(SeataCodec.MAGIC).writeShort(flags(frame.kind())).writeShort(0);
            if (frame.kind().heartbeat()) {
                out.writeLong(frame.requestId());
            } else {
                // The id's place is the type code's and six bytes more; the code is written before the fields, and
                // moved.
                out.writeZero(6);
                MessageWriter.write(frame.message(), new FieldWriter(out, frame.requestId()));
                out.setShort(start + 4, out.getShort(start + 12));
                out.setLong(start + 6, frame.requestId());
            }
            whole = true;
        } finally {
            if (!whole) {
                out.writerIndex(start);
            }
        }
    }

    private static int flags(Kind kind) {
        return SEATA_SERIALIZER
                | switch (kind) {
                    case REQUEST -> REQUEST;
                    case RESPONSE -> 0;
                    case ONE_WAY -> REQUEST | ONE_WAY;
                    case HEARTBEAT_REQUEST -> REQUEST | HEARTBEAT;
                    case HEARTBEAT_RESPONSE -> HEARTBEAT;
                };
    }
}
