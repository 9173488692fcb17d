/**
 * XA: a database takes part in global transactions with its own two-phase commit. Nobody sees what is not decided, and rows stay
 * locked in the database until it is.
 *
 * <p>Start with {@link dev.plinth.sdk.xa.XaDataSource}.
 */
@NullMarked
package dev.plinth.sdk.xa;

import org.jspecify.annotations.NullMarked;
