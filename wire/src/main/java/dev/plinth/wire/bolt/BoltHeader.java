package dev.plinth.wire.bolt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The map of strings in a frame's header, as SOFARPC's {@code SimpleMapSerializer} writes it: for each entry key and value,
 * each a 32-bit length and so many bytes of UTF-8; a length of -1 stands for null, and such an entry is left out.
 */
public final class BoltHeader {
    private static final int LENGTH_BYTES = 4;
    private static final int NULL = -1;

    private BoltHeader() {}

    /**
     * Reads what is readable of {@code in}, in its order.
     *
     * @throws BoltException {@code BAD_HEADER}, with the position in the header
     */
    public static Map<String, String> decode(ByteBuf in) {
        Map<String, String> entries = new LinkedHashMap<>();
        int start = in.readerIndex();
        while (in.isReadable()) {
            int keyLength = readLength(in, start);
            String key = readText(in, keyLength);
            int valueLength = readLength(in, start);
            String value = readText(in, valueLength);
            if (keyLength != NULL && valueLength != NULL) {
                entries.put(key, value);
            }
        }
        return entries;
    }

    private static int readLength(ByteBuf in, int start) {
        int at = in.readerIndex() - start;
        if (in.readableBytes() < LENGTH_BYTES) {
            throw new BoltException(
                    BoltException.Kind.BAD_HEADER,
                    "the header ends at byte " + (at + in.readableBytes()) + ", within the length of a string");
        }
        int length = in.readInt();
        if (length < NULL || length > in.readableBytes()) {
            throw new BoltException(
                    BoltException.Kind.BAD_HEADER,
                    "at byte " + at + " of the header: a string of " + length + " bytes, where " + in.readableBytes()
                            + " are left");
        }
        return length;
    }

    private static String readText(ByteBuf in, int length) {
        return length <= 0 ? "" : in.readString(length, StandardCharsets.UTF_8);
    }

    /**
     * Writes the entries in the map's order.
     *
     * @throws IllegalArgumentException if they take more than {@link BoltLimits#HEADER_BYTES_MAX}
     */
    public static void encode(Map<String, String> entries, ByteBuf out) {
        int start = out.writerIndex();
        for (var entry : entries.entrySet()) {
            writeText(entry.getKey(), out);
            writeText(entry.getValue(), out);
            int bytes = out.writerIndex() - start;
            if (bytes > BoltLimits.HEADER_BYTES_MAX) {
                throw new IllegalArgumentException("the header takes more than HEADER_BYTES_MAX = "
                        + BoltLimits.HEADER_BYTES_MAX + " bytes; it went over with '" + entry.getKey() + "'");
            }
        }
    }

    private static void writeText(String text, ByteBuf out) {
        int at = out.writerIndex();
        out.writeInt(0);
        out.setInt(at, ByteBufUtil.writeUtf8(out, text));
    }
}
