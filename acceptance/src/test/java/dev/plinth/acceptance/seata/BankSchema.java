package dev.plinth.acceptance.seata;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/** One schema of the application's database: accounts, what TCC freezes, Seata's undo log and the log of its sagas. */
final class BankSchema {
    static final int OPENING_BALANCE = 100;

    private static final List<String> TABLES = List.of(
            "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, frozen int NOT NULL)",
            "CREATE TABLE freezing (xid varchar(128), branch_id bigint, account int, amount int, state varchar(20),"
                    + " PRIMARY KEY (xid, branch_id))",
            // As Seata's script/client/saga/db.
            "CREATE TABLE seata_state_machine_def (id VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL,"
                    + " tenant_id VARCHAR(32) NOT NULL, app_name VARCHAR(32) NOT NULL, type VARCHAR(20),"
                    + " comment_ VARCHAR(255), ver VARCHAR(16) NOT NULL, gmt_create TIMESTAMP(3) NOT NULL,"
                    + " status VARCHAR(2) NOT NULL, content TEXT, recover_strategy VARCHAR(16))",
            "CREATE TABLE seata_state_machine_inst (id VARCHAR(128) NOT NULL PRIMARY KEY,"
                    + " machine_id VARCHAR(32) NOT NULL, tenant_id VARCHAR(32) NOT NULL, parent_id VARCHAR(128),"
                    + " gmt_started TIMESTAMP(3) NOT NULL, business_key VARCHAR(48), start_params TEXT,"
                    + " gmt_end TIMESTAMP(3) NULL, excep BLOB, end_params TEXT, status VARCHAR(2),"
                    + " compensation_status VARCHAR(2), is_running SMALLINT, gmt_updated TIMESTAMP(3) NOT NULL,"
                    + " UNIQUE (business_key, tenant_id))",
            "CREATE TABLE seata_state_inst (id VARCHAR(48) NOT NULL, machine_inst_id VARCHAR(128) NOT NULL,"
                    + " name VARCHAR(128) NOT NULL, type VARCHAR(20), service_name VARCHAR(128),"
                    + " service_method VARCHAR(128), service_type VARCHAR(16), business_key VARCHAR(48),"
                    + " state_id_compensated_for VARCHAR(50), state_id_retried_for VARCHAR(50),"
                    + " gmt_started TIMESTAMP(3) NOT NULL, is_for_update SMALLINT, input_params TEXT,"
                    + " output_params TEXT, status VARCHAR(2) NOT NULL, excep BLOB, gmt_updated TIMESTAMP(3) NULL,"
                    + " gmt_end TIMESTAMP(3) NULL, PRIMARY KEY (id, machine_inst_id))");

    private final String url;
    private final String waiting;

    private BankSchema(String url, String waiting) {
        this.url = url;
        this.waiting = waiting;
    }

    static BankSchema onPostgres(String databaseUrl, String name) throws SQLException {
        var schema = new BankSchema(
                databaseUrl + "&currentSchema=" + name,
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        schema.run("CREATE SCHEMA " + name);
        for (String table : TABLES) {
            schema.run(table.replace("BLOB", "BYTEA").replace("SMALLINT", "BOOLEAN"));
        }
        // As Seata's script/client/at/db/postgresql.sql.
        schema.run("CREATE TABLE undo_log (id SERIAL NOT NULL, branch_id BIGINT NOT NULL,"
                + " xid VARCHAR(128) NOT NULL, context VARCHAR(128) NOT NULL, rollback_info BYTEA NOT NULL,"
                + " log_status INT NOT NULL, log_created TIMESTAMP(0) NOT NULL,"
                + " log_modified TIMESTAMP(0) NOT NULL, CONSTRAINT pk_undo_log PRIMARY KEY (id),"
                + " CONSTRAINT ux_undo_log UNIQUE (xid, branch_id))");
        return schema;
    }

    static BankSchema onMariaDb(MariaDb server, String name) throws SQLException {
        new BankSchema(server.jdbcUrl(""), "").run("CREATE DATABASE " + name);
        var schema = new BankSchema(server.jdbcUrl(name), "SELECT count(*) FROM information_schema.INNODB_LOCK_WAITS");
        for (String table : TABLES) {
            // Its TIMESTAMP changes by itself unless told not to.
            schema.run(table.replace("TIMESTAMP(3)", "DATETIME(3)"));
        }
        // As Seata's script/client/at/db/mysql.sql.
        schema.run("CREATE TABLE undo_log (branch_id BIGINT NOT NULL, xid VARCHAR(128) NOT NULL,"
                + " context VARCHAR(128) NOT NULL, rollback_info LONGBLOB NOT NULL, log_status INT(11) NOT NULL,"
                + " log_created DATETIME(6) NOT NULL, log_modified DATETIME(6) NOT NULL,"
                + " UNIQUE KEY ux_undo_log (xid, branch_id))");
        return schema;
    }

    String url() {
        return url;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url);
    }

    private void run(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    void openAccount(int id) throws SQLException {
        run("INSERT INTO account VALUES (" + id + ", " + OPENING_BALANCE + ", 0)");
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
        return number(waiting);
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
