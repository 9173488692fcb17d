/**
 * The SPIFFE Workload API on a Unix domain socket. Start with {@code WorkloadApiDoor}; {@code ProcessAttestor} says what a caller is.
 */
@NullMarked
package dev.plinth.trust.control.door.spiffe;

import org.jspecify.annotations.NullMarked;
