/**
 * What is promised of speed and memory, measured beside a baseline or a peer in the same run.
 *
 * <p>Start with {@link dev.plinth.bench.Bench}, the program; each benchmark is a class of its own and ends with a {@code PROMISE}
 * line for each promise. A promise is a ratio of two figures of one run, for a bare figure says more about the machine than about
 * the code.
 */
@NullMarked
package dev.plinth.bench;

import org.jspecify.annotations.NullMarked;
