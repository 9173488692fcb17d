/**
 * AT: a database takes part in global transactions with the SQL that an application has anyway. Each statement's rows are kept as
 * they were, beside the change and in the same local transaction; a rollback puts them back.
 *
 * <p>Start with {@link dev.plinth.sdk.at.AtDataSource}.
 */
@NullMarked
package dev.plinth.sdk.at;

import org.jspecify.annotations.NullMarked;
