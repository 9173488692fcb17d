/** What a benchmark found: figures of several rounds, and whether a promise was kept. */
@NullMarked
package dev.plinth.bench.figures;

import org.jspecify.annotations.NullMarked;
