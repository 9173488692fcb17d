/**
 * The server process: it reads its configuration, opens the features, mounts their doors, and holds no rules.
 *
 * <p>Start with {@link dev.plinth.server.PlinthServer}: all that the server is made of is put together in one place there.
 */
@NullMarked
package dev.plinth.server;

import org.jspecify.annotations.NullMarked;
