/** What the modes of transactions, the fence and the outbox share of JDBC: data sources over data sources, local transactions. */
@NullMarked
package dev.plinth.sdk.jdbc;

import org.jspecify.annotations.NullMarked;
