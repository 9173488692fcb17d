/**
 * Our RPC with an unmodified SOFARPC 5.13.2 and Bolt 1.6.12, each in a process and on a class path of its own.
 *
 * <p>Start with {@link dev.plinth.acceptance.sofarpc.SofaToPlinthTest}, and its mirror image {@link
 * dev.plinth.acceptance.sofarpc.PlinthToSofaTest}.
 */
@NullMarked
package dev.plinth.acceptance.sofarpc;

import org.jspecify.annotations.NullMarked;
