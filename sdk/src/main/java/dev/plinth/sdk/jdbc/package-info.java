/** What the data sources of all modes of transactions share. */
@NullMarked
package dev.plinth.sdk.jdbc;

import org.jspecify.annotations.NullMarked;
