package dev.plinth.registry.door.nacos;

/** A request that is answered with an error. Carries no stack trace: it is an answer. */
final class NacosRefusal extends RuntimeException {
    /** What Nacos's clients know these errors by ({@code NacosException}). */
    static final int INVALID = 400;

    /** There is no such text. */
    static final int NO_CONFIG = 300;

    /** Over HTTP: there is no such text, or instance. */
    static final int NO_SUCH = 404;

    static final int CONFLICT = 409;
    static final int OVER_LIMIT = 503;
    static final int UNSUPPORTED = 501;
    static final int FAILED = 500;

    /** The connection is not known: the client connects anew and says everything again. */
    static final int NOT_REGISTERED = 301;

    private final int code;

    NacosRefusal(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
