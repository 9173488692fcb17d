package dev.plinth.sdk.at;

import dev.plinth.sdk.transactions.Branches;

/**
 * What all connections of one data source share.
 *
 * @param space the schema or database of names that are written without one
 */
record AtDatabase(
        Dialect dialect,
        String space,
        Branches branches,
        String resourceId,
        Plans plans,
        Tables tables,
        Images images,
        UndoLog log,
        GlobalLocks locks,
        LookScope looking) {}
