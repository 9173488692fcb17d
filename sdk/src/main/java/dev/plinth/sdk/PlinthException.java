package dev.plinth.sdk;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Something that the SDK was asked for did not happen, or may not have happened; {@link #code()} says which. */
public final class PlinthException extends RuntimeException {

    /** What went wrong. The names are stable: applications may switch on them, store them and show them. */
    public enum Code {
        /** No answer in time. A call may or may not have been carried out. */
        TIMEOUT,
        /** Nobody could be reached who could do it; it was not done. */
        UNAVAILABLE,
        /** The other side, or a limit on this side, is at its limit; it was not done. {@link #retryAfter()} may say when to try again. */
        OVERLOADED,
        /** The other side understood and said no; the message says why. It was not done. */
        REFUSED,
        /** The callee's code failed with an exception of its own. */
        FAILED,
        /** The global transaction was rolled back, or will be: it can never commit any more. */
        ROLLED_BACK,
        /**
         * The global transaction was asked to commit and the answer was lost: it may have been committed or rolled back.
         * {@code Transactions.status(xid)} tells, once the coordinator can be reached.
         */
        OUTCOME_UNKNOWN,
        /** The global transaction's end was decided, and a participant could not follow for good: a person has to look. */
        HEURISTIC,
        /** The call reached a cell that does not own the user, also after the map was refreshed; it was not done. */
        WRONG_CELL,
        /** The user's shard is being moved to another cell; it was not done. Try again in a moment. */
        SHARD_FROZEN,
        /** This SDK instance was closed. */
        CLOSED
    }

    private final Code code;
    private final Optional<String> xid;
    private final Optional<Duration> retryAfter;

    public PlinthException(Code code, String message) {
        this(code, message, null);
    }

    public PlinthException(Code code, String message, @Nullable Throwable cause) {
        this(code, message, cause, Optional.empty(), Optional.empty());
    }

    private PlinthException(
            Code code, String message, @Nullable Throwable cause, Optional<String> xid, Optional<Duration> retryAfter) {
        super(code + ": " + message, cause);
        this.code = code;
        this.xid = xid;
        this.retryAfter = retryAfter;
    }

    /** An exception about a global transaction. */
    public static PlinthException ofTransaction(Code code, String xid, String message, @Nullable Throwable cause) {
        return new PlinthException(code, message + " (" + xid + ")", cause, Optional.of(xid), Optional.empty());
    }

    /** A refusal for load, with a hint when to try again. */
    public static PlinthException overloaded(String message, Duration retryAfter, @Nullable Throwable cause) {
        return new PlinthException(Code.OVERLOADED, message, cause, Optional.empty(), Optional.of(retryAfter));
    }

    public Code code() {
        return code;
    }

    /** The global transaction that it is about. */
    public Optional<String> xid() {
        return xid;
    }

    /** When trying again may help, if anybody can tell. */
    public Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
