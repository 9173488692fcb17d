/**
 * What an application links.
 *
 * <p>Start with {@link dev.plinth.sdk.Plinth}: {@code Plinth.connect(PlinthOptions.of("payments"))} gives calls by interface
 * ({@link dev.plinth.sdk.Plinth#reference reference} and {@link dev.plinth.sdk.Plinth#publish publish}) and, in {@link
 * dev.plinth.sdk.transactions}, global transactions with TCC. What can go wrong is one type with stable codes: {@link
 * dev.plinth.sdk.PlinthException}.
 */
@NullMarked
package dev.plinth.sdk;

import org.jspecify.annotations.NullMarked;
