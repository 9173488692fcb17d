package dev.plinth.sdk.at;

import java.util.Locale;

/** What differs between the databases that AT knows. */
enum Dialect {
    POSTGRESQL('"') {
        @Override
        String fold(String identifier) {
            return identifier.toLowerCase(Locale.ROOT);
        }

        @Override
        String undoTable(String name) {
            return "create table if not exists " + name + " (id serial not null, branch_id bigint not null,"
                    + " xid varchar(128) not null, context varchar(128) not null, rollback_info bytea not null,"
                    + " log_status int not null, log_created timestamp(0) not null, log_modified timestamp(0) not null,"
                    + " constraint pk_" + bare(name) + " primary key (id),"
                    + " constraint ux_" + bare(name) + " unique (xid, branch_id))";
        }

        @Override
        String insertOfOldRow(String table, String columns, String values) {
            // Without "overriding", a column that is always generated would refuse the value that it had.
            return "insert into " + table + " (" + columns + ") overriding system value values (" + values + ")";
        }

        @Override
        String deleteOldUndo(String table) {
            return "delete from " + table + " where id in (select id from " + table
                    + " where log_created <= ? limit ?)";
        }
    },
    MYSQL('`') {
        @Override
        String fold(String identifier) {
            return identifier;
        }

        @Override
        String undoTable(String name) {
            return "create table if not exists " + name + " (branch_id bigint not null, xid varchar(128) not null,"
                    + " context varchar(128) not null, rollback_info longblob not null, log_status int not null,"
                    + " log_created datetime(6) not null, log_modified datetime(6) not null,"
                    + " unique key ux_" + bare(name) + " (xid, branch_id), key ix_log_created (log_created))"
                    + " engine = InnoDB default charset = utf8mb4";
        }

        @Override
        String insertOfOldRow(String table, String columns, String values) {
            return "insert into " + table + " (" + columns + ") values (" + values + ")";
        }

        @Override
        String deleteOldUndo(String table) {
            return "delete from " + table + " where log_created <= ? limit ?";
        }
    };

    private final char quote;

    Dialect(char quote) {
        this.quote = quote;
    }

    /** @throws IllegalArgumentException if AT does not know this database */
    static Dialect of(String jdbcUrl) {
        if (jdbcUrl.startsWith("jdbc:postgresql:")) {
            return POSTGRESQL;
        }
        if (jdbcUrl.startsWith("jdbc:mysql:") || jdbcUrl.startsWith("jdbc:mariadb:")) {
            return MYSQL;
        }
        throw new IllegalArgumentException(
                "AT knows PostgreSQL, MySQL and MariaDB, not the database of '" + jdbcUrl + "'");
    }

    /** How the database reads an identifier that is written without quotes. */
    abstract String fold(String identifier);

    /** The name as the database has it, of an identifier as a statement has it. */
    String nameOf(String identifier) {
        int last = identifier.length() - 1;
        boolean quoted = last > 0 && identifier.charAt(0) == quote && identifier.charAt(last) == quote;
        return quoted ? identifier.substring(1, last).replace("" + quote + quote, "" + quote) : fold(identifier);
    }

    String quoted(String name) {
        return quote + name.replace("" + quote, "" + quote + quote) + quote;
    }

    abstract String undoTable(String name);

    abstract String insertOfOldRow(String table, String columns, String values);

    /** Takes the time before which, and how many at most. */
    abstract String deleteOldUndo(String table);

    private static String bare(String name) {
        return name.substring(name.indexOf('.') + 1);
    }
}
