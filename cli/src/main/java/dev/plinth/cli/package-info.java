/** The command line. Start with {@link dev.plinth.cli.Plinth}, which lists the commands; each is a class of its name. */
@NullMarked
package dev.plinth.cli;

import org.jspecify.annotations.NullMarked;
