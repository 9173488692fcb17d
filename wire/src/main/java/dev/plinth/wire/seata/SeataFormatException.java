package dev.plinth.wire.seata;

import java.util.OptionalInt;

/**
 * Bytes, or a message to be made bytes, that break the format; the message says what, where and what was expected.
 *
 * <p>Carries no stack trace: it describes what the other side sent, not a place in this code.
 */
public final class SeataFormatException extends RuntimeException {

    /** What is wrong. */
    public enum Code {
        /** The bytes do not start with {@code dada}: the other side speaks another protocol, or we lost the frame's beginning. */
        MAGIC(false),
        /** A version of the frame that is not spoken. */
        VERSION(false),
        /** The frame's lengths contradict one another, or lie over {@link SeataCodec#FRAME_BYTES_MAX}. */
        LENGTH(false),
        /** An unknown kind of frame. */
        KIND(true),
        /** A serializer that is not spoken. */
        SERIALIZER(true),
        /** A compression that is not spoken, or bytes that are not of it. */
        COMPRESSOR(true),
        /** An unknown type code of a message. */
        TYPE(true),
        /** A field that runs over its message's end, is over its limit, or has a value out of its range. */
        FIELD(true);

        private final boolean survivable;

        Code(boolean survivable) {
            this.survivable = survivable;
        }
    }

    private final Code code;
    private final OptionalInt requestId;

    SeataFormatException(Code code, OptionalInt requestId, String message) {
        super(code + ": " + message, null, false, false);
        this.code = code;
        this.requestId = requestId;
    }

    public Code code() {
        return code;
    }

    /** The frame's request id, if the header could be read that far. */
    public OptionalInt requestId() {
        return requestId;
    }

    /** True if the end of the frame is known, and so the connection can go on with the next one; false if it must be closed. */
    public boolean survivable() {
        return code.survivable;
    }
}
