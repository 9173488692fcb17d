/**
 * A shop on Apache Seata's own client, as there are many: an order is a row in one schema and fewer pieces in another, in one global
 * transaction. It knows nothing of Plinth. Start with {@link dev.plinth.shop.Shop}; {@code docs/from-seata.md} moves it.
 */
@NullMarked
package dev.plinth.shop;

import org.jspecify.annotations.NullMarked;
