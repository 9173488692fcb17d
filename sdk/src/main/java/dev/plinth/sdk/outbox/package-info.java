/**
 * The outbox: messages that are published if and only if the transaction that wrote them commits.
 *
 * <p>Start with {@link dev.plinth.sdk.outbox.Outbox}.
 */
@NullMarked
package dev.plinth.sdk.outbox;

import org.jspecify.annotations.NullMarked;
