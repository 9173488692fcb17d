package dev.plinth.acceptance.seata;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** One schema of the application's database: accounts, what TCC freezes, and Seata's undo log. */
final class BankSchema {
    static final int OPENING_BALANCE = 100;

    private final String url;

    BankSchema(String databaseUrl, String name) throws SQLException {
        url = databaseUrl + "&currentSchema=" + name;
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + name);
            statement.execute("CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, frozen int NOT NULL)");
            statement.execute("CREATE TABLE freezing (xid text, branch_id bigint, account int, amount int, state text,"
                    + " PRIMARY KEY (xid, branch_id))");
            // As Seata's script/client/at/db/postgresql.sql.
            statement.execute("CREATE TABLE undo_log (id SERIAL NOT NULL, branch_id BIGINT NOT NULL,"
                    + " xid VARCHAR(128) NOT NULL, context VARCHAR(128) NOT NULL, rollback_info BYTEA NOT NULL,"
                    + " log_status INT NOT NULL, log_created TIMESTAMP(0) NOT NULL,"
                    + " log_modified TIMESTAMP(0) NOT NULL, CONSTRAINT pk_undo_log PRIMARY KEY (id),"
                    + " CONSTRAINT ux_undo_log UNIQUE (xid, branch_id))");
        }
    }

    String url() {
        return url;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url);
    }

    void openAccount(int id) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute("INSERT INTO account VALUES (" + id + ", " + OPENING_BALANCE + ", 0)");
        }
    }

    int balance(int id) throws SQLException {
        return number("SELECT balance FROM account WHERE id = " + id);
    }

    int frozen(int id) throws SQLException {
        return number("SELECT frozen FROM account WHERE id = " + id);
    }

    /**
     * Records that could still undo something. When a rollback is repeated, Seata's client leaves one that says "finished" (status
     * 1), so that a phase one that comes late finds it; it is deleted after a week.
     */
    int undoRecords(String xid) throws SQLException {
        return number("SELECT count(*) FROM undo_log WHERE log_status = 0 AND xid = '" + xid + "'");
    }

    /** Statements of others that wait for a lock. */
    int waiting() throws SQLException {
        return number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    }

    private int number(String query) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var result = statement.executeQuery(query)) {
            result.next();
            return result.getInt(1);
        }
    }

    /** Holds the account's row against everybody else, until closed. */
    Connection hold(int id) throws SQLException {
        var connection = connect();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("SELECT * FROM account WHERE id = " + id + " FOR UPDATE");
        }
        return connection;
    }
}
