package dev.plinth.rpc.hessian;

import org.jspecify.annotations.Nullable;

/** A body that cannot be read or written. Nothing of it was used. */
public final class BodyException extends RuntimeException {

    /** Why. */
    public enum Kind {
        /** It names a type that is not allowed here. */
        REFUSED_TYPE,
        /** It goes deeper, or unfolds to more, than the limits allow. */
        TOO_LARGE,
        /** It is no Hessian, or does not fit the types that were expected. */
        MALFORMED,
        /** What was to be written cannot travel. */
        UNWRITABLE
    }

    private final Kind kind;
    private final String reason;

    BodyException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = message;
        this.kind = kind;
    }

    /** The message, which is always there. */
    public String reason() {
        return reason;
    }

    public Kind kind() {
        return kind;
    }
}
