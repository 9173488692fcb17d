package dev.plinth.kernel;

/** Something that is lived from a seed, on one thread. */
public interface Life {

    /** Lives it. Throws {@link AssertionError} as soon as something does not hold. */
    void run();

    /** What happened. */
    Coverage coverage();

    /** How many steps it came. */
    int step();
}
