package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataFormatException.Code;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One connection's frames, in whatever {@link SeataDialect} the other side speaks: reads all of them, and writes as was last read.
 *
 * <p>For one thread at a time. {@link SeataCodec} is the same for who speaks the default dialect only.
 */
public final class SeataConversation {
    /*
     * Seata's server answers each request in the request's own dialect, and asks resource managers in the one that it is
     * configured with itself: then it and its clients have to agree. Here the last words of the other side decide for both.
     * Heartbeats say nothing of it, for they have no body: a client's header then may name anything.
     */
    private final Map<Integer, BodyCompression> compressions = new HashMap<>();
    private SeataDialect dialect;

    /** @param compressions those that may be used, none with the code of another */
    public SeataConversation(List<BodyCompression> compressions) {
        this(SeataDialect.DEFAULT, compressions);
    }

    /**
     * For who speaks first, and not in the default dialect.
     *
     * @throws IllegalArgumentException if none of the compressions is the dialect's
     */
    public SeataConversation(SeataDialect first, List<BodyCompression> compressions) {
        for (BodyCompression compression : compressions) {
            if (this.compressions.put(compression.code(), compression) != null) {
                throw new IllegalArgumentException("two compressions have the code " + compression.code());
            }
        }
        if (first.compressor() != 0 && !this.compressions.containsKey(first.compressor())) {
            throw new IllegalArgumentException("no compression has the code " + first.compressor());
        }
        dialect = first;
    }

    /** In which the other side spoke last; the default until then. */
    public SeataDialect dialect() {
        return dialect;
    }

    /**
     * Reads the next frame, if all of it is there; otherwise reads nothing.
     *
     * @throws SeataFormatException if it is no frame of this format. If that is {@linkplain SeataFormatException#survivable()
     *     survivable}, the frame has been read past.
     */
    public Optional<SeataFrame> read(ByteBuf in) {
        if (OldFrames.begins(in)) {
            var frame = OldFrames.read(in);
            if (frame.isPresent()) {
                dialect = OldFrames.DIALECT;
            }
            return frame;
        }
        return SeataCodec.decode(in, this::body);
    }

    private SeataMessage body(int serializer, int compressor, ByteBuf bytes, int requestId) {
        var body = compressor == 0 ? bytes : decompressed(compressor, bytes, requestId);
        if (serializer == Serializer.SEATA.code()) {
            var message = MessageReader.read(new FieldReader(body, requestId));
            spoke(Serializer.SEATA, compressor);
            return message;
        }
        if (serializer == Serializer.PROTOBUF.code()) {
            var name = ProtobufBodies.name(body, requestId);
            var message = ProtobufBodies.read(name, body, requestId);
            spoke(name.serializer(), compressor);
            return message;
        }
        throw SeataCodec.fault(
                Code.SERIALIZER,
                requestId,
                "the body is in serializer " + serializer + " (" + SeataDialect.serializerName(serializer)
                        + "); spoken are 1 (seata) and 2 (protobuf): set transport.serialization to one of them");
    }

    private void spoke(Serializer serializer, int compressor) {
        if (dialect.version() != 1 || dialect.serializer() != serializer || dialect.compressor() != compressor) {
            dialect = new SeataDialect(1, serializer, compressor);
        }
    }

    private ByteBuf decompressed(int compressor, ByteBuf bytes, int requestId) {
        var compression = compressions.get(compressor);
        if (compression == null) {
            throw SeataCodec.fault(
                    Code.COMPRESSOR,
                    requestId,
                    "the body is compressed with " + compressor + " (" + SeataDialect.compressorName(compressor)
                            + "); spoken are " + names() + ": set transport.compressor to one of them");
        }
        try {
            return Unpooled.wrappedBuffer(
                    compression.decompress(ByteBufUtil.getBytes(bytes), SeataCodec.FRAME_BYTES_MAX));
        } catch (IOException e) {
            throw SeataCodec.fault(
                    Code.COMPRESSOR,
                    requestId,
                    "the body cannot be decompressed by " + SeataDialect.compressorName(compressor) + ": "
                            + e.getMessage());
        }
    }

    private String names() {
        var names = new StringBuilder("0 (none)");
        compressions.keySet().stream()
                .sorted()
                .forEach(code -> names.append(", ")
                        .append(code)
                        .append(" (")
                        .append(SeataDialect.compressorName(code))
                        .append(')'));
        return names.toString();
    }

    /**
     * Writes one frame, in the dialect of what was last read.
     *
     * @throws SeataFormatException if a text or the whole is over its limit; then nothing was written
     */
    public void write(SeataFrame frame, ByteBuf out) {
        if (dialect.version() == 0) {
            OldFrames.write(frame, out);
        } else if (dialect.equals(SeataDialect.DEFAULT)) {
            SeataCodec.encode(frame, out);
        } else {
            SeataCodec.encode(frame, dialect, this::write, out);
        }
    }

    private void write(SeataMessage message, SeataDialect to, int requestId, ByteBuf out) {
        if (to.compressor() == 0) {
            serialize(message, to.serializer(), requestId, out);
            return;
        }
        var body = Unpooled.buffer();
        serialize(message, to.serializer(), requestId, body);
        var compression = compressions.get(to.compressor());
        if (compression == null) {
            throw new IllegalStateException("nothing was read that was compressed with " + to.compressor());
        }
        try {
            out.writeBytes(compression.compress(ByteBufUtil.getBytes(body)));
        } catch (IOException e) {
            throw SeataCodec.fault(Code.COMPRESSOR, requestId, "the body cannot be compressed: " + e.getMessage());
        }
    }

    private static void serialize(SeataMessage message, Serializer serializer, int requestId, ByteBuf out) {
        switch (serializer) {
            case SEATA -> MessageWriter.write(message, new FieldWriter(out, requestId));
            case PROTOBUF, PROTOBUF_1 -> ProtobufBodies.write(message, serializer, out);
        }
    }
}
