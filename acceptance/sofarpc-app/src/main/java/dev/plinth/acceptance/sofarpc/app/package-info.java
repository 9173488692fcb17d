/**
 * An ordinary client and an ordinary server on the original, unmodified SOFARPC, and the service that both sides know.
 *
 * <p>Start with {@link dev.plinth.acceptance.sofarpc.app.Teller}, the service; {@link dev.plinth.acceptance.sofarpc.app.SofaServer}
 * offers it by SOFARPC, {@link dev.plinth.acceptance.sofarpc.app.SofaClient} calls it by SOFARPC and prints what came of it.
 * {@link dev.plinth.acceptance.sofarpc.app.GoldenFrames} and {@link dev.plinth.acceptance.sofarpc.app.EchoFrames} let the original
 * Bolt codec speak.
 */
@NullMarked
package dev.plinth.acceptance.sofarpc.app;

import org.jspecify.annotations.NullMarked;
