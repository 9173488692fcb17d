package dev.plinth.server;

/** Which release this is. */
public final class Release {
    private Release() {}

    /** As in the artifacts' names. */
    public static final String VERSION = "0.1.0";
}
