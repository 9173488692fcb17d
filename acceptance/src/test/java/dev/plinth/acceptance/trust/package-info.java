/** Identities, keys and secrets on three servers of which any is killed. */
@NullMarked
package dev.plinth.acceptance.trust;

import org.jspecify.annotations.NullMarked;
