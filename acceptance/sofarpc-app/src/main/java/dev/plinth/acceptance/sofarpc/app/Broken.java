package dev.plinth.acceptance.sofarpc.app;

/** An unchecked exception that no signature declares; both sides have the class. */
public class Broken extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Broken(String message, Throwable cause) {
        super(message, cause);
    }
}
