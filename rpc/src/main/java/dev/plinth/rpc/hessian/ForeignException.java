package dev.plinth.rpc.hessian;

/**
 * An exception of the other side whose type is unknown or not allowed here: its name, message and stack trace, without its own
 * fields.
 */
public final class ForeignException extends RuntimeException {
    private final String typeName;

    ForeignException(String typeName, String message) {
        super(typeName + (message.isEmpty() ? "" : ": " + message));
        this.typeName = typeName;
    }

    /** The type that it has there. */
    public String typeName() {
        return typeName;
    }
}
