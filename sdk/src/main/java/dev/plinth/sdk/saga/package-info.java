/**
 * Sagas: flows of steps that each commit at once and can be compensated. What was begun is finished or compensated, also after a
 * crash.
 *
 * <p>Start with {@link dev.plinth.sdk.saga.Saga} and {@link dev.plinth.sdk.saga.Sagas}.
 */
@NullMarked
package dev.plinth.sdk.saga;

import org.jspecify.annotations.NullMarked;
