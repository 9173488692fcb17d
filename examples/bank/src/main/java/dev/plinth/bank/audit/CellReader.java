package dev.plinth.bank.audit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one cell's database, in one snapshot a reading. Not thread-safe. */
final class CellReader implements AutoCloseable {
    /*
     * What has ended is read once and not again at every check, or a check would take longer the longer the bank runs. The
     * order to read it in cannot be a sequence or a clock: a local transaction that began early may commit late, behind a
     * reader that has passed its place. It is the id of the local transaction that wrote the row. In a snapshot, everything
     * below the snapshot's xmin has ended; rows from there on may be joined by others, and are "recent": they are read again
     * the next time. What was read counts only when advance() says so: a check that fails at the other database is repeated.
     */
    private static final String SNAPSHOT = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    private static final String SUMS = """
            select (select coalesce(sum(cents), 0) from opening)::bigint,
                   ((select coalesce(sum(balance), 0) from checking)
                       + (select coalesce(sum(balance), 0) from savings))::bigint,
                   ((select coalesce(sum(held), 0) from checking)
                       + (select coalesce(sum(held), 0) from savings))::bigint,
                   (select coalesce(sum(from_checking + from_savings), 0) from transfer where state = 'HELD')::bigint,
                   (select count(*) from transfer where state = 'HELD'),
                   (select count(*) from credit where state = 'PREPARED')
            """;
    private static final String EXTERNAL = "select coalesce(sum(cents) filter (where txid < ?::text::xid8), 0)::bigint,"
            + " coalesce(sum(cents), 0)::bigint from external where txid >= ?::text::xid8";
    private static final String PAID =
            "select id, xid, from_checking + from_savings, txid::text::bigint from transfer where state = 'PAID'";
    private static final String CREDITED =
            "select id, xid, cents, txid::text::bigint from credit where state = 'CREDITED'";
    private static final String IN_ORDER = " and txid >= ?::text::xid8 and txid < ?::text::xid8 order by txid limit ?";

    private final String cell;
    private final String jdbcUrl;
    private @Nullable Connection connection;

    /** Everything that transactions below these have written was read. */
    private long paidRead;

    private long creditedRead;
    private long externalRead;
    private long externalSettled;

    /** What {@link #advance} makes of the three above. */
    private long snapshotXmin;

    private long externalOfSnapshot;

    CellReader(String cell, String jdbcUrl) {
        this.cell = cell;
        this.jdbcUrl = jdbcUrl;
    }

    String cell() {
        return cell;
    }

    /** What ended some time ago. */
    record History(List<Leg> paid, List<Leg> credited) {
        boolean isEmpty() {
            return paid.isEmpty() && credited.isEmpty();
        }
    }

    /** The next part of what has ended, at most so many of each; nothing when there is no more. It will not be read again. */
    History history(int limit) throws SQLException {
        return inSnapshot(open -> {
            long xmin = number(open, SNAPSHOT);
            List<Row> paid = rows(open, PAID, paidRead, xmin, limit);
            List<Row> credited = rows(open, CREDITED, creditedRead, xmin, limit);
            // A local transaction ends one transfer's side at most, so none is cut in two by the limit.
            paidRead = paid.isEmpty() ? paidRead : paid.getLast().txid() + 1;
            creditedRead =
                    credited.isEmpty() ? creditedRead : credited.getLast().txid() + 1;
            return new History(legs(paid), legs(credited));
        });
    }

    /** How things stand now. Call {@link #advance} when it has been used. */
    Reading read() throws SQLException {
        return inSnapshot(open -> {
            long xmin = number(open, SNAPSHOT);
            List<Row> paid = rows(open, PAID, paidRead, Long.MAX_VALUE, Integer.MAX_VALUE);
            List<Row> credited = rows(open, CREDITED, creditedRead, Long.MAX_VALUE, Integer.MAX_VALUE);
            long external;
            try (PreparedStatement select = open.prepareStatement(EXTERNAL)) {
                select.setString(1, Long.toString(xmin));
                select.setString(2, Long.toString(externalRead));
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    externalOfSnapshot = externalSettled + row.getLong(1);
                    external = externalSettled + row.getLong(2);
                }
            }
            snapshotXmin = xmin;
            try (Statement statement = open.createStatement();
                    ResultSet sums = statement.executeQuery(SUMS)) {
                sums.next();
                return new Reading(
                        cell,
                        sums.getLong(1),
                        sums.getLong(2),
                        external,
                        sums.getLong(3),
                        sums.getLong(4),
                        sums.getLong(5),
                        legs(paid.stream().filter(row -> row.txid() < xmin).toList()),
                        legs(paid.stream().filter(row -> row.txid() >= xmin).toList()),
                        legs(credited.stream().filter(row -> row.txid() < xmin).toList()),
                        legs(credited.stream().filter(row -> row.txid() >= xmin).toList()),
                        sums.getLong(6));
            }
        });
    }

    /** What the last reading called settled is not read again. */
    void advance() {
        paidRead = Math.max(paidRead, snapshotXmin);
        creditedRead = Math.max(creditedRead, snapshotXmin);
        externalRead = snapshotXmin;
        externalSettled = externalOfSnapshot;
    }

    @FunctionalInterface
    interface Query<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Runs the query on one snapshot of the database. */
    <T> T inSnapshot(Query<T> query) throws SQLException {
        boolean done = false;
        Connection open = connection == null ? connect() : connection;
        connection = open;
        try {
            T result = query.run(open);
            open.commit();
            done = true;
            return result;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private Connection connect() throws SQLException {
        Connection open = DriverManager.getConnection(jdbcUrl);
        open.setAutoCommit(false);
        open.setReadOnly(true);
        open.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        return open;
    }

    private record Row(Leg leg, long txid) {}

    private static List<Row> rows(Connection open, String select, long from, long to, int limit) throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (PreparedStatement statement = open.prepareStatement(select + IN_ORDER)) {
            statement.setString(1, Long.toString(from));
            statement.setString(2, Long.toString(to));
            statement.setInt(3, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    rows.add(new Row(new Leg(row.getString(1), row.getString(2), row.getLong(3)), row.getLong(4)));
                }
            }
        }
        return rows;
    }

    private static List<Leg> legs(List<Row> rows) {
        return rows.stream().map(Row::leg).toList();
    }

    private static long number(Connection open, String sql) throws SQLException {
        try (Statement statement = open.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Disconnects; the next reading connects again. */
    @Override
    public void close() throws SQLException {
        Connection open = connection;
        connection = null;
        if (open != null) {
            open.close();
        }
    }
}
