package dev.plinth.wire.bolt;

import java.util.OptionalInt;

/** The bytes are no Bolt frame that we can take. Carries no stack trace: it tells about the stream, not about this code. */
public final class BoltException extends RuntimeException {

    /** What was wrong. */
    public enum Kind {
        /** The first byte is neither protocol 1 nor 2: the other side speaks something else. */
        WRONG_PROTOCOL,
        /** Protocol 2 of a version that does not exist. */
        WRONG_VERSION,
        /** Neither a request, a one-way request nor a response. */
        UNKNOWN_TYPE,
        /** A command code that does not exist, or does not go with the frame's type. */
        UNKNOWN_COMMAND,
        /** A response with a status that does not exist. */
        UNKNOWN_STATUS,
        /** A length is negative, or beyond its limit in {@link BoltLimits}. */
        LENGTH_OUT_OF_LIMIT,
        /** The CRC32 at the frame's end is not that of its bytes. */
        CRC_MISMATCH,
        /** The header is no sequence of strings. */
        BAD_HEADER
    }

    private final Kind kind;
    private final String reason;
    private final OptionalInt requestId;

    BoltException(Kind kind, String message) {
        this(kind, OptionalInt.empty(), message);
    }

    BoltException(Kind kind, OptionalInt requestId, String message) {
        super(message, null, false, false);
        this.reason = message;
        this.kind = kind;
        this.requestId = requestId;
    }

    /** The message, which is always there. */
    public String reason() {
        return reason;
    }

    public Kind kind() {
        return kind;
    }

    /** The id of the frame, if it was read: whoever waits for it can be told. */
    public OptionalInt requestId() {
        return requestId;
    }

    /**
     * Whether the next frame can be read. It can when the length of the bad frame was sound: then it was skipped. After the
     * other kinds nobody knows where the next frame begins, and the connection has to be closed.
     */
    public boolean connectionSurvives() {
        return switch (kind) {
            case UNKNOWN_COMMAND, UNKNOWN_STATUS, BAD_HEADER -> true;
            // The lengths are under the CRC too: one of them may be what was hit.
            case WRONG_PROTOCOL, WRONG_VERSION, UNKNOWN_TYPE, LENGTH_OUT_OF_LIMIT, CRC_MISMATCH -> false;
        };
    }
}
