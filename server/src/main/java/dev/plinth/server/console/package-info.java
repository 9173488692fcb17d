/**
 * What the web console asks of the server, and the console itself, on the server's HTTP port.
 *
 * <p>Start with {@link dev.plinth.server.console.ConsoleSource}, what the door is fed from, and with {@link
 * dev.plinth.server.console.Live}, the document that every open console gets once a second; {@link
 * dev.plinth.server.console.ConsoleDoor} puts them on the wire. The records here are the JSON contract: a component's name is the
 * name in the document, times are ISO 8601 in UTC with microseconds, an absent {@code Optional} is left out. The console's side of
 * the contract is {@code console/src/lib/contract.ts}.
 */
@NullMarked
package dev.plinth.server.console;

import org.jspecify.annotations.NullMarked;
