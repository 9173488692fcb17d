package dev.plinth.sdk.at;

import java.sql.SQLException;

/** What SQLSTATE says, whatever the database. */
final class Sql {
    private Sql() {}

    /** Class 23: integrity constraint violation. */
    static boolean breaksConstraint(SQLException e) {
        return e.getSQLState() != null && e.getSQLState().startsWith("23");
    }
}
