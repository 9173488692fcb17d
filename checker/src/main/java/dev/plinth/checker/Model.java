package dev.plinth.checker;

/**
 * What one object (a register, a lock, a queue) does when it is used by one client at a time.
 *
 * @param <S> its states: immutable, and equal if they behave alike
 * @param <I> what it can be asked
 * @param <O> what it answers, with equals
 */
public interface Model<S, I, O> {

    S initial();

    Step<S, O> apply(S state, I input);

    /** Whether {@code input} never changes the state. Such an operation explains nothing but itself. */
    boolean onlyReads(I input);

    /** The state and the answer after one operation. */
    record Step<S, O>(S state, O output) {}
}
