package dev.plinth.sdk.saga;

import java.util.Optional;

/**
 * One step of a saga.
 *
 * @param <I> the saga's input
 * @param <O> the step's own result
 */
public interface Step<I extends Record, O extends Record> {

    /** What a step knows beside its input. */
    interface Context {
        /** The saga's run and the step; the same each time that this step of this run is tried or compensated. */
        String idempotencyKey();

        /** The result of an earlier step of this run; empty if it has none, or was not reached. */
        <R extends Record> Optional<R> result(String step, Class<R> type);
    }

    /**
     * Does it. May be called again with the same key after a crash, if its result had not been recorded; it must then do nothing
     * twice.
     *
     * @throws Exception the step has failed, and the saga is compensated
     */
    O run(Context context, I input) throws Exception;

    /**
     * Undoes it. Called again until it returns.
     *
     * @param output what it did; empty if it is not known whether it was done at all, as after a crash in its middle: then undo
     *     what there is under the key, and see to it that nothing comes under it any more
     */
    void compensate(Context context, I input, Optional<O> output) throws Exception;
}
