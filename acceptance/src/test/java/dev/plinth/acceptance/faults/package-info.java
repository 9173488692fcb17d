/**
 * Real faults on real processes: three servers, each on a host of its own as far as its network can tell, and clients whose histories
 * go through the checker. Start with {@link dev.plinth.acceptance.faults.RealFaultsTest}.
 */
@NullMarked
package dev.plinth.acceptance.faults;

import org.jspecify.annotations.NullMarked;
