package dev.plinth.wire.seata;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataFormatException.Code;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/**
 * Bodies of Seata's protobuf serializer: the length of a message's name (four bytes), the name, the message.
 *
 * <p>Source: Apache Seata's {@code seata-serializer-protobuf} 2.3.0, the newest there is.
 */
final class ProtobufBodies {
    private static final String PACKAGE = "org.apache.seata.protocol.protobuf.";
    private static final String PACKAGE_1 = "io.seata.protocol.protobuf.";
    private static final String SUFFIX = "Proto";
    private static final int NAME_BYTES_MAX = 200;

    private ProtobufBodies() {}

    /** What a message is called, without package and suffix; and whose name it was. */
    record Name(Serializer serializer, String text) {
        /** Reads the full name. */
        static Name of(String full, int requestId) {
            if (full.endsWith(SUFFIX)) {
                if (full.startsWith(PACKAGE)) {
                    return new Name(
                            Serializer.PROTOBUF, full.substring(PACKAGE.length(), full.length() - SUFFIX.length()));
                }
                if (full.startsWith(PACKAGE_1)) {
                    return new Name(
                            Serializer.PROTOBUF_1, full.substring(PACKAGE_1.length(), full.length() - SUFFIX.length()));
                }
            }
            throw SeataCodec.fault(
                    Code.TYPE,
                    requestId,
                    "the message is called '" + full + "'; expected was " + PACKAGE + "…" + SUFFIX);
        }

        String full() {
            return (serializer == Serializer.PROTOBUF_1 ? PACKAGE_1 : PACKAGE) + text + SUFFIX;
        }
    }

    /** Reads a body's beginning. */
    static Name name(ByteBuf body, int requestId) {
        if (body.readableBytes() < 4) {
            throw SeataCodec.fault(
                    Code.FIELD,
                    requestId,
                    "the body is " + body.readableBytes()
                            + " bytes long; expected was a message's name and the message");
        }
        int length = body.readInt();
        if (length < 0 || length > NAME_BYTES_MAX || length > body.readableBytes()) {
            throw SeataCodec.fault(
                    Code.FIELD,
                    requestId,
                    "the message's name says it is " + length + " bytes long; the limit is " + NAME_BYTES_MAX + ", and "
                            + body.readableBytes() + " are left");
        }
        return Name.of(body.readCharSequence(length, StandardCharsets.UTF_8).toString(), requestId);
    }

    /** Reads what follows the name. */
    static SeataMessage read(Name name, ByteBuf body, int requestId) {
        try {
            return ProtobufReader.read(name.text(), ByteBufUtil.getBytes(body), requestId, true);
        } catch (InvalidProtocolBufferException e) {
            throw SeataCodec.fault(Code.FIELD, requestId, "the bytes are no " + name.full() + ": " + e.getMessage());
        }
    }

    /** Writes name and message, in the names of this serializer. */
    static void write(SeataMessage message, Serializer serializer, ByteBuf out) {
        var name = new Name(serializer, ProtobufWriter.name(message)).full().getBytes(StandardCharsets.UTF_8);
        out.writeInt(name.length)
                .writeBytes(name)
                .writeBytes(ProtobufWriter.message(message, serializer).toByteArray());
    }
}
