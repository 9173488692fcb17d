package dev.plinth.sdk.at;

import dev.plinth.sdk.jdbc.ResourceIds;
import dev.plinth.sdk.jdbc.WrappingDataSource;
import dev.plinth.sdk.transactions.Branches;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.wire.seata.BranchType;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/**
 * A data source whose local transactions take part in the current global transaction, with the SQL that they have anyway.
 *
 * <p>Within {@link Transactions#run}, inserts, updates and deletions of single tables are recorded as they were and as they
 * became, in {@code undo_log} of the same database and in the same local transaction; if the global transaction rolls back, the
 * rows are put back. Their global locks keep other global transactions from them until it is decided. Statements that could not be
 * undone fail with {@link AtRefusedException} before they run; a row that stays locked fails with {@link GlobalLockException}.
 * Outside of global transactions everything goes through as it is.
 *
 * <p>Works on PostgreSQL, MySQL and MariaDB. Resource ids, lock keys and undo records are those of Seata's AT: both clients may
 * share a database. What others change without asking for locks (other programs, triggers, people) is found when it is to be
 * rolled back, and then waits for a person's decision. {@code docs/transactions.md} says what readers may see.
 */
public final class AtDataSource extends WrappingDataSource implements AutoCloseable {

    /** Work that looks for global locks without being part of a global transaction. */
    @FunctionalInterface
    public interface Looking<R, X extends Exception> {
        R call() throws X;
    }

    private final DataSource target;
    private final AtDatabase at;
    private final AtResource resource;

    private AtDataSource(DataSource target, AtDatabase at, AtResource resource) {
        super(target);
        this.target = target;
        this.at = at;
        this.resource = resource;
    }

    /** {@link #of(Transactions, DataSource, AtOptions)} with the defaults. */
    public static AtDataSource of(Transactions transactions, DataSource database) throws SQLException {
        return of(transactions, database, AtOptions.defaults());
    }

    /**
     * Has a database take part. Connects to it once.
     *
     * @throws IllegalArgumentException if it is a database that AT does not know, or one that takes part already
     * @throws SQLException if it cannot be reached, or has no table for undo records ({@link #createUndoTable} makes it)
     */
    public static AtDataSource of(Transactions transactions, DataSource database, AtOptions options)
            throws SQLException {
        Branches branches = transactions.branches();
        String url;
        String space;
        Dialect dialect;
        UndoLog log;
        try (Connection connection = database.getConnection()) {
            url = connection.getMetaData().getURL();
            dialect = Dialect.of(url);
            space = space(dialect, connection);
            log = new UndoLog(dialect, options.undoTable());
            try {
                log.check(connection);
            } catch (SQLException e) {
                throw new SQLException(
                        "AT keeps its undo records in table " + options.undoTable() + " of " + url
                                + ", which cannot be read. It is made by: " + log.creation(),
                        e.getSQLState(),
                        e);
            }
        }
        String resourceId = ResourceIds.of(url);
        Tables tables = new Tables(dialect);
        Images images = new Images(dialect);
        AtResource resource = new AtResource(database, log, new Undo(database, dialect, log, tables, images, space));
        AtDatabase at = new AtDatabase(
                dialect,
                space,
                branches,
                resourceId,
                new Plans(),
                tables,
                images,
                log,
                new GlobalLocks(branches, resourceId, options.lockWait()),
                new LookScope());
        try {
            branches.serve(BranchType.AT, resourceId, resource);
        } catch (IllegalArgumentException e) {
            resource.close();
            throw e;
        }
        return new AtDataSource(database, at, resource);
    }

    /** Creates the table of undo records, {@code undo_log}, if it is not there. */
    public static void createUndoTable(DataSource database) throws SQLException {
        createUndoTable(database, AtOptions.defaults());
    }

    /** Creates the table of undo records if it is not there. */
    public static void createUndoTable(DataSource database, AtOptions options) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            Dialect dialect = Dialect.of(connection.getMetaData().getURL());
            statement.execute(new UndoLog(dialect, options.undoTable()).creation());
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
        }
    }

    static String space(Dialect dialect, Connection connection) throws SQLException {
        String name = switch (dialect) {
            case POSTGRESQL -> connection.getSchema();
            case MYSQL -> connection.getCatalog();
        };
        return name == null ? "" : name;
    }

    /** Under which the coordinator knows this database. */
    public String resourceId() {
        return at.resourceId();
    }

    /** The data source beneath, whose statements go through as they are. */
    public DataSource target() {
        return target;
    }

    /**
     * Whether a global transaction that is not decided yet holds one of these rows.
     *
     * @param table as a statement would name it, with or without its schema
     * @param keys values of a primary key of one column
     */
    public boolean undecided(String table, List<?> keys) throws SQLException {
        String[] name = Undo.parts(table);
        Table known;
        try (Connection connection = target.getConnection()) {
            known = at.tables().table(connection, at.space(), name[0].isEmpty() ? null : name[0], name[1]);
        }
        Set<GlobalLocks.LockKey> locks = new LinkedHashSet<>();
        for (Object key : keys) {
            locks.add(new GlobalLocks.LockKey(known.lockName(), known.lockKey(List.of(key))));
        }
        return !at.locks().free("", locks);
    }

    /**
     * Runs work that belongs to no global transaction, and whose changes and {@code SELECT ... FOR UPDATE} wait until no global
     * transaction holds the rows: so it never reads or overwrites what may still be rolled back. Takes no global locks.
     */
    public <R, X extends Exception> R respectingGlobalLocks(Looking<R, X> work) throws X {
        boolean before = at.looking().enter();
        try {
            return work.call();
        } finally {
            at.looking().leave(before);
        }
    }

    @Override
    public Connection getConnection() throws SQLException {
        return AtConnection.of(at, target.getConnection());
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return AtConnection.of(at, target.getConnection(user, password));
    }

    /** Takes no more calls of phase two; another process may. The data source beneath stays open. */
    @Override
    public void close() {
        at.branches().release(BranchType.AT, at.resourceId());
        resource.close();
    }
}
