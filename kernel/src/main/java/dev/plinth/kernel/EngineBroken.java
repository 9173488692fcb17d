package dev.plinth.kernel;

/** An engine threw where it must not: its partition has stopped, and the journal with it. */
public final class EngineBroken extends RuntimeException {
    EngineBroken(String engine, Entry<?> entry, Throwable cause) {
        super(engine + " broke an invariant at index " + entry.revision().index() + " on " + entry.input(), cause);
    }
}
