package dev.plinth.kernel;

import java.time.Instant;

/**
 * What a journal stores: one input, at its place in the order and in time.
 *
 * @param stamp the leader's time, in nanoseconds; never less than the stamp before it
 * @param <C> the engine's commands
 */
public record Entry<C>(Revision revision, Instant stamp, Input<C> input) {}
