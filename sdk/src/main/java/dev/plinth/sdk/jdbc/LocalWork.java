package dev.plinth.sdk.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Work in a local transaction of its own.
 *
 * @param <T> what comes of it
 * @param <X> how it may fail, beside the database
 */
@FunctionalInterface
public interface LocalWork<T, X extends Exception> {
    T run(Connection connection) throws SQLException, X;

    /** Runs it, and commits if it returns; if it throws, everything is as before. The connection is given back as it was. */
    static <T, X extends Exception> T on(DataSource database, LocalWork<T, X> work) throws SQLException, X {
        try (Connection connection = database.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            if (autoCommit) {
                connection.setAutoCommit(false);
            }
            boolean done = false;
            try {
                T result = work.run(connection);
                connection.commit();
                done = true;
                return result;
            } finally {
                if (!done) {
                    connection.rollback();
                }
                if (autoCommit) {
                    connection.setAutoCommit(true);
                }
            }
        }
    }
}
