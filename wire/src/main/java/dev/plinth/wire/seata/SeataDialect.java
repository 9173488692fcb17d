package dev.plinth.wire.seata;

/**
 * How one side makes its messages bytes; the other side answers in the same way.
 *
 * @param version of the frame, 0 (before 0.7.1) or 1
 * @param compressor the code of the body's {@link BodyCompression}, 0 for none
 */
public record SeataDialect(int version, Serializer serializer, int compressor) {

    public SeataDialect {
        if (version < 0 || version > 1) {
            throw new IllegalArgumentException("a frame's version is 0 or 1, not " + version);
        }
        if (version == 0 && (serializer != Serializer.SEATA || compressor != 0)) {
            throw new IllegalArgumentException("frames of version 0 have Seata's serializer and no compression");
        }
    }

    /** What clients speak unless told otherwise. */
    public static final SeataDialect DEFAULT = new SeataDialect(1, Serializer.SEATA, 0);

    /** How a message becomes a body. */
    public enum Serializer {
        SEATA(1),
        /** By Seata's {@code .proto} files, named as in Apache's releases (2.0 and later). */
        PROTOBUF(2),
        /** The same, named as in the releases before (1.x). */
        PROTOBUF_1(2);

        private final int code;

        Serializer(int code) {
            this.code = code;
        }

        /** In a frame's header. */
        public int code() {
            return code;
        }
    }

    /** The names of the serializers that Seata's clients can be set to, for who has to change one. */
    static String serializerName(int code) {
        return switch (code) {
            case 1 -> "seata";
            case 2 -> "protobuf";
            case 4 -> "kryo";
            case 8 -> "fst";
            case 22 -> "hessian";
            case 40 -> "grpc";
            case 50 -> "jackson";
            case 86 -> "fury";
            case 87 -> "fory";
            case 100 -> "fastjson2";
            default -> "unknown";
        };
    }

    /** The names of the compressors that Seata's clients can be set to. */
    static String compressorName(int code) {
        return switch (code) {
            case 0 -> "none";
            case 1 -> "gzip";
            case 2 -> "zip";
            case 3 -> "7z";
            case 4 -> "bzip2";
            case 5 -> "lz4";
            case 6 -> "deflater";
            case 7 -> "zstd";
            default -> "unknown";
        };
    }
}
