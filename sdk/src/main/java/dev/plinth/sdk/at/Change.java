package dev.plinth.sdk.at;

import java.util.List;

/**
 * What one statement did to rows of one table: how to undo it, and how to see whether somebody else has been there since.
 *
 * @param table as SQL names it
 * @param lockName the table's name in lock keys
 * @param before the rows as they were; none for an insert
 * @param after the same rows as the statement left them; none for a delete
 */
record Change(Kind kind, String table, String lockName, List<Row> before, List<Row> after) {

    enum Kind {
        INSERT,
        UPDATE,
        DELETE
    }

    Change {
        before = List.copyOf(before);
        after = List.copyOf(after);
    }
}
