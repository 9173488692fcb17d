/** The programs that benchmarks start: this build's server, those of others, on which ports and which processor. */
@NullMarked
package dev.plinth.bench.programs;

import org.jspecify.annotations.NullMarked;
