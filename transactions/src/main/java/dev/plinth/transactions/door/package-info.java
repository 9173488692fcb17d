/** What the coordinator's doors share; each protocol has a package of its own below. */
@NullMarked
package dev.plinth.transactions.door;

import org.jspecify.annotations.NullMarked;
