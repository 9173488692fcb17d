/**
 * The console in a real browser.
 *
 * <p>Start with {@link dev.plinth.acceptance.console.ConsoleBrowserTest}. {@link dev.plinth.acceptance.console.ConsoleShow} opens the
 * same invented bank on a port, for who wants to look at the console or work on it.
 */
@NullMarked
package dev.plinth.acceptance.console;

import org.jspecify.annotations.NullMarked;
