/** What somebody sends to prove what he is, as messages: read, and not believed yet. */
@NullMarked
package dev.plinth.trust.proof;

import org.jspecify.annotations.NullMarked;
