package dev.plinth.trust.secrets;

/** Why something was not done; it changed nothing but the audit log. No stack trace: it is an answer. */
public final class SecretsProblem extends RuntimeException {
    /** The names are stable. */
    public enum Code {
        /** The root key is not here: unseal this server first. */
        SEALED,
        /** Nobody made a root key yet. */
        NOT_INITIALIZED,
        NOT_FOUND,
        /** A policy says no, or there is none. */
        DENIED,
        INVALID,
        CONFLICT,
        OVERLOADED
    }

    private final Code code;

    public SecretsProblem(Code code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
