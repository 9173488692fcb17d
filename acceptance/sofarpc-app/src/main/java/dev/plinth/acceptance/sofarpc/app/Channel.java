package dev.plinth.acceptance.sofarpc.app;

/** How a payment came in. */
public enum Channel {
    COUNTER,
    PHONE,
    WEB
}
