package dev.plinth.kernel;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An input was not taken. Unless the code is {@link Code#UNKNOWN}, it changed nothing and never will.
 *
 * <p>Carries no stack trace: it is an answer, made often and under load.
 */
public final class Refused extends RuntimeException {

    /** Why; the names are stable, doors send them over the wire. */
    public enum Code {
        /** A queue or table is full; try again after {@link #retryAfter()}. */
        OVERLOADED,
        /** The command is longer than {@link Limits#COMMAND_BYTES_MAX}. */
        TOO_LARGE,
        /** Another member leads, or none does at the moment. */
        NOT_LEADER,
        /** The session is unknown: it expired, was closed, or never was. Open a new one; what was in flight may have happened. */
        SESSION_EXPIRED,
        /** The sequence lies before the session's window: the client itself said that it needs that outcome no more. */
        SEQUENCE_TOO_OLD,
        /** The disk is full or refuses to write: the partition takes no more commands, and still answers reads. */
        STORAGE,
        /** The partition is stopped, or stopped before it could order the input. */
        STOPPED,
        /** The partition stopped, or lost its leader, while the input was on its way: it may or may not take place. */
        UNKNOWN
    }

    private final Code code;
    private final Optional<Duration> retryAfter;

    public Refused(Code code, String message) {
        this(code, message, Optional.empty());
    }

    public Refused(Code code, String message, Optional<Duration> retryAfter) {
        this(code, message, retryAfter, null);
    }

    /** A refusal that comes of a failure. */
    public Refused(Code code, String message, Throwable cause) {
        this(code, message, Optional.empty(), cause);
    }

    private Refused(Code code, String message, Optional<Duration> retryAfter, @Nullable Throwable cause) {
        super(code + ": " + message, cause, false, false);
        this.code = code;
        this.retryAfter = retryAfter;
    }

    /** A refusal for load, with a hint when to try again. */
    public static Refused overloaded(String what, Duration retryAfter) {
        return new Refused(Code.OVERLOADED, what, Optional.of(retryAfter));
    }

    /** A refusal of a command that no journal of this kind takes. */
    public static Refused tooLarge(int commandBytes, int limit) {
        return new Refused(Code.TOO_LARGE, "a command of " + commandBytes + " bytes; the limit is " + limit);
    }

    public Code code() {
        return code;
    }

    /** When trying again may help, if the refuser can tell. */
    public Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
