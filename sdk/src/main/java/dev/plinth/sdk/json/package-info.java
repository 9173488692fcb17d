/** How an application's records travel and are kept. */
@NullMarked
package dev.plinth.sdk.json;

import org.jspecify.annotations.NullMarked;
