package dev.plinth.checker;

/** What the checker found. */
public sealed interface Verdict {

    /** There is an order that explains every answer. */
    record Linearizable(int operations, int keys) implements Verdict {}

    /**
     * There is none.
     *
     * @param key the object whose answers contradict one another
     * @param explanation for people: the smallest window that fails, and why
     */
    record Violation(Object key, String explanation) implements Verdict {}

    /** Too much was under way at once to try every order: more than {@link Linearizability#CONFIGURATIONS_MAX}. */
    record Undecided(Object key, String reason) implements Verdict {}
}
