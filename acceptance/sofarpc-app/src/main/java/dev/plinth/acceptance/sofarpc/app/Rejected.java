package dev.plinth.acceptance.sofarpc.app;

/** A checked exception with a field of its own. */
public class Rejected extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    public Rejected(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public String getReason() {
        return reason;
    }
}
