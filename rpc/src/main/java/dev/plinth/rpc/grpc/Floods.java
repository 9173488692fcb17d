package dev.plinth.rpc.grpc;

import java.time.Duration;

/** Tells clients that keep a server busy with nothing from those that ask something. */
final class Floods {
    /*
     * Every frame costs its receiver something, and some cost their sender next to nothing: pings, settings, calls given up as soon as
     * they begin (CVE-2023-44487), data without data (CVE-2019-9512 and those after it). So many of them may come before a message
     * does. Pings have gRPC's rule besides (grpc.github.io/grpc/core/md_doc_keepalive.html): two too soon are borne, the third is not.
     */
    static final int FRAMES_MAX = 1_000;

    private static final int STRIKES_MAX = 2;

    private final long pingsApartNanos;
    private int frames;
    private int strikes;
    private long lastPing;
    private boolean pinged;

    Floods(Duration pingsApartMin) {
        this.pingsApartNanos = pingsApartMin.toNanos();
    }

    /** A frame that asks for nothing. Returns false if it is one too many. */
    boolean idle() {
        return ++frames <= FRAMES_MAX;
    }

    /** The client asks for something. */
    void asked() {
        frames = 0;
    }

    /** The client was told something: it may have reason to ping. */
    void told() {
        strikes = 0;
        pinged = false;
    }

    /** Returns false if it is one ping too many. */
    boolean ping(long nowNanos) {
        if (!pinged || nowNanos - lastPing >= pingsApartNanos) {
            pinged = true;
            lastPing = nowNanos;
            return true;
        }
        return ++strikes <= STRIKES_MAX;
    }
}
