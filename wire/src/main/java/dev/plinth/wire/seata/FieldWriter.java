package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataFormatException.Code;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.OptionalInt;

/** Writes the fields of one frame's messages. */
final class FieldWriter {
    private final ByteBuf out;
    private final int requestId;

    FieldWriter(ByteBuf out, int requestId) {
        this.out = out;
        this.requestId = requestId;
    }

    void int8(int value) {
        out.writeByte(value);
    }

    void int16(int value) {
        out.writeShort(value);
    }

    void int32(int value) {
        out.writeInt(value);
    }

    void int64(long value) {
        out.writeLong(value);
    }

    /** A text after its length of two bytes. */
    void text(String field, String text) {
        int at = out.writerIndex();
        out.writeShort(0);
        int length = ByteBufUtil.writeUtf8(out, text);
        if (length > SeataCodec.TEXT_BYTES_MAX) {
            throw new SeataFormatException(
                    Code.FIELD,
                    OptionalInt.of(requestId),
                    "request " + requestId + ": " + field + " is " + length + " bytes long; the limit is "
                            + SeataCodec.TEXT_BYTES_MAX);
        }
        out.setShort(at, length);
    }

    /** As {@link #text}, without what is over the limit: for what people read. */
    void cutText(String text) {
        int at = out.writerIndex();
        out.writeShort(0);
        int length = ByteBufUtil.writeUtf8(out, text);
        if (length > SeataCodec.TEXT_BYTES_MAX) {
            length = SeataCodec.TEXT_BYTES_MAX;
            while ((out.getByte(at + 2 + length) & 0xc0) == 0x80) {
                // Not in the middle of a character.
                length--;
            }
            out.writerIndex(at + 2 + length);
        }
        out.setShort(at, length);
    }

    /** A text after its length of four bytes. */
    void longText(String text) {
        int at = out.writerIndex();
        out.writeInt(0);
        out.setInt(at, ByteBufUtil.writeUtf8(out, text));
    }

    /** Whatever {@code fields} writes, after its length of four bytes. */
    void part(Runnable fields) {
        int at = out.writerIndex();
        out.writeInt(0);
        fields.run();
        out.setInt(at, out.writerIndex() - at - 4);
    }
}
