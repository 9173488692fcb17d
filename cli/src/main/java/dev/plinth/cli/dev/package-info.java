/**
 * {@code plinth dev}: the whole house with the bank in it, as real processes on this machine.
 *
 * <p>Start with {@link dev.plinth.cli.dev.DevCommand}. {@code Household} says which processes there are and which waits for which;
 * {@code Child} is one of them; {@code Board} shows how they are.
 */
@NullMarked
package dev.plinth.cli.dev;

import org.jspecify.annotations.NullMarked;
