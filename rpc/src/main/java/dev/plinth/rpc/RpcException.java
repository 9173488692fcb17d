package dev.plinth.rpc;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A call that did not come to the service's own answer. */
public final class RpcException extends RuntimeException {

    /** What went wrong. The names are stable, and travel in the response property {@link #PROPERTY}. */
    public enum Code {
        /** No endpoint could be reached, or the one that was is stopping. */
        UNAVAILABLE(false),
        /** No answer within the deadline. */
        TIMEOUT(true),
        /** The connection broke while the answer was outstanding. */
        CONNECTION_LOST(true),
        /** A limit of this side or the other is reached; {@link #retryAfter()} may say when to try again. */
        OVERLOADED(false),
        /** The server does not offer the service. */
        NO_SUCH_SERVICE(false),
        /** The service has no such method. */
        NO_SUCH_METHOD(false),
        /** The request cannot be read, or an argument is not what its record or class takes. */
        BAD_REQUEST(false),
        /** The request has a type that the server does not allow. */
        REFUSED_TYPE(false),
        /** The request is larger than this side or the other takes. */
        TOO_LARGE(false),
        /** The answer cannot be read, or cannot be written; the service has run. */
        BAD_RESPONSE(true),
        /** The user belongs to another cell than the one that was asked. */
        WRONG_CELL(false),
        /** The user's shard is being moved to another cell; try again in a moment. */
        SHARD_FROZEN(false),
        /** The service failed with an exception that its interface does not declare, or in the server around it. */
        FAILED(true),
        /** The calling thread was interrupted. */
        INTERRUPTED(true),
        /** This client is closed. */
        CLOSED(false);

        private final boolean mayHaveRun;

        Code(boolean mayHaveRun) {
            this.mayHaveRun = mayHaveRun;
        }

        /** Whether the service may have run, in whole or in part. If not, it has not and will not. */
        public boolean mayHaveRun() {
            return mayHaveRun;
        }
    }

    /** The response property in which a server of ours sends the code. */
    public static final String PROPERTY = "plinth.error";

    /** The response property in which it sends when to try again, in milliseconds. */
    static final String RETRY_AFTER_PROPERTY = "plinth.retry-after";

    private final Code code;
    private final String detail;
    private final Optional<Duration> retryAfter;

    public RpcException(Code code, String message) {
        this(code, message, null);
    }

    public RpcException(Code code, String message, @Nullable Throwable cause) {
        this(code, message, Optional.empty(), cause);
    }

    RpcException(Code code, String message, Optional<Duration> retryAfter, @Nullable Throwable cause) {
        super(code + ": " + message, cause);
        this.code = code;
        this.detail = message;
        this.retryAfter = retryAfter;
    }

    /** A refusal for load, with a hint when to try again. */
    public static RpcException overloaded(String message, Duration retryAfter) {
        return new RpcException(Code.OVERLOADED, message, Optional.of(retryAfter), null);
    }

    public Code code() {
        return code;
    }

    /** When trying again may help, if anybody can tell. */
    public Optional<Duration> retryAfter() {
        return retryAfter;
    }

    /** The message without the code in front. */
    String detail() {
        return detail;
    }
}
