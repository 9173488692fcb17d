/** The original SPIFFE client at the Workload API. Start with {@code SpiffeClientTest}. */
@NullMarked
package dev.plinth.acceptance.spiffe;

import org.jspecify.annotations.NullMarked;
