package dev.plinth.sdk.at;

/** Whether this thread's changes outside of global transactions look for global locks. */
final class LookScope {

    @SuppressWarnings("ThreadLocalUsage") // one for each data source
    private final ThreadLocal<Boolean> active = new ThreadLocal<>();

    boolean active() {
        return active.get() != null;
    }

    /** Returns whether it was active already; to be handed to {@link #leave}. */
    boolean enter() {
        boolean before = active();
        active.set(Boolean.TRUE);
        return before;
    }

    void leave(boolean before) {
        if (!before) {
            active.remove();
        }
    }
}
