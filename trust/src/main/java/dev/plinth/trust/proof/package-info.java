/** What somebody sends to prove what he is, as messages: read, and not believed yet; and the nonces that it has to be bound to. */
@NullMarked
package dev.plinth.trust.proof;

import org.jspecify.annotations.NullMarked;
