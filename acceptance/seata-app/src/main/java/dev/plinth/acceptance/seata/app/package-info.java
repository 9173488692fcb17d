/**
 * An ordinary application on the original, unmodified Seata client: AT on two PostgreSQL schemas, and a TCC participant.
 *
 * <p>Start with {@link dev.plinth.acceptance.seata.app.SeataApp}: it takes one command a line, so that a test can hold a transaction
 * open at any point. {@link dev.plinth.acceptance.seata.app.GoldenBytes} and {@link dev.plinth.acceptance.seata.app.EchoBytes} let
 * the original codec speak.
 */
@NullMarked
package dev.plinth.acceptance.seata.app;

import org.jspecify.annotations.NullMarked;
