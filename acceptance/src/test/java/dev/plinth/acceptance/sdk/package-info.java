/** The SDK against Plinth's own processes. */
@NullMarked
package dev.plinth.acceptance.sdk;

import org.jspecify.annotations.NullMarked;
