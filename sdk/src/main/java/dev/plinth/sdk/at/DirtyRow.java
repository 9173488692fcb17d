package dev.plinth.sdk.at;

import org.jspecify.annotations.Nullable;

/**
 * A row that a rollback is about, in three states; null where the row was, or is, not there. It is dirty if {@code now} is
 * neither of the other two.
 *
 * @param table as lock keys name it
 * @param key as lock keys name it
 */
record DirtyRow(
        String table,
        String key,
        @Nullable Row before,
        @Nullable Row after,
        @Nullable Row now) {}
