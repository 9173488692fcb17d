/** The programs that benchmarks start: how this build's server is started, and on which ports. */
@NullMarked
package dev.plinth.bench.programs;

import org.jspecify.annotations.NullMarked;
