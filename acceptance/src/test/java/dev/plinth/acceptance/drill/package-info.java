/** The drills of the command line, as people run them. */
@NullMarked
package dev.plinth.acceptance.drill;

import org.jspecify.annotations.NullMarked;
