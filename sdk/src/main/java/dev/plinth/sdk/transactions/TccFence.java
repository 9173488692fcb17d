package dev.plinth.sdk.transactions;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.jdbc.LocalWork;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Makes a participant's try, confirm and cancel safe to repeat, to leave out and to come in the wrong order, with a record
 * beside the participant's own data.
 *
 * <p>The record lies in a table of the participant's database, by default {@code tcc_fence_log}, with the columns of Seata's
 * own fence: {@code xid, branch_id, action_name, status, gmt_create, gmt_modified}. Works with any database that has primary
 * keys and row locks; tested on PostgreSQL.
 */
public final class TccFence implements AutoCloseable {
    /*
     * The record and the participant's work share one local transaction, so each is there if and only if the other is. What
     * the network can do to a branch then comes down to one row:
     *
     *   no row --try--> TRIED --confirm--> COMMITTED        repeated confirm: nothing to do
     *     |               \----cancel----> ROLLED_BACK      repeated cancel: nothing to do
     *     \----cancel (empty rollback)---> SUSPENDED        a try that comes later finds the row, and is refused
     *
     * A try and a cancel that run at once meet at the primary key: the later insert waits for the earlier one's transaction.
     * If the cancel lost, or saw the try's row appear between its own statements, it starts again and finds the row. "Update where status = TRIED" comes first in phase two,
     * because nearly always that is the one row there is, and one statement decides.
     *
     * Reading the row first and locking it (as Seata does) costs a round trip more and decides nothing better.
     */

    /** Rows that one statement of {@link #deleteEnded} deletes at most, so that it holds no locks for long. */
    static final int DELETE_ROWS_MAX = 1_000;

    private static final Logger LOG = System.getLogger(TccFence.class.getName());
    private static final String DEFAULT_TABLE = "tcc_fence_log";
    private static final Pattern TABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");
    /* A cancel starts again only if a try, or another cancel, wrote the row in between; the second time it is there. */
    private static final int CANCEL_ATTEMPTS_MAX = 3;

    /** Seata's codes. */
    private enum Status {
        TRIED(1),
        COMMITTED(2),
        ROLLED_BACK(3),
        SUSPENDED(4);

        private final int code;

        Status(int code) {
            this.code = code;
        }

        static Status of(int code) throws SQLException {
            for (Status status : values()) {
                if (status.code == code) {
                    return status;
                }
            }
            throw new SQLException("the fence's record has status " + code + "; expected 1 to 4");
        }
    }

    private final DataSource database;
    private final String table;
    private final InstantSource clock;
    private final CountDownLatch closed = new CountDownLatch(1);

    private TccFence(DataSource database, String table, InstantSource clock) {
        if (!TABLE_NAME.matcher(table).matches()) {
            throw new IllegalArgumentException(
                    "table: '" + table + "' is not a table's name, with or without its schema");
        }
        this.database = database;
        this.table = table;
        this.clock = clock;
    }

    /** A fence in the table {@code tcc_fence_log} of this database. */
    public static TccFence over(DataSource database) {
        return over(database, DEFAULT_TABLE);
    }

    /** A fence in a table of this database, named with or without its schema. */
    public static TccFence over(DataSource database, String table) {
        return new TccFence(database, table, InstantSource.system());
    }

    static TccFence over(DataSource database, InstantSource clock) {
        return new TccFence(database, DEFAULT_TABLE, clock);
    }

    /** Creates the table if it is not there, in PostgreSQL's SQL. */
    public void createTable() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists " + table
                    + " (xid varchar(128) not null, branch_id bigint not null, action_name varchar(64) not null,"
                    + " status smallint not null, gmt_create timestamp(3) not null, gmt_modified timestamp(3) not null,"
                    + " primary key (xid, branch_id))");
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
        }
    }

    /** Puts an action behind this fence. */
    public <A extends Record, R> TccAction<A, R> guard(FencedTccAction<A, R> action) {
        return new TccAction<>() {
            @Override
            public R tryIt(TccBranch branch, A arguments) throws SQLException {
                return fencedTry(branch, connection -> action.tryIt(branch, arguments, connection));
            }

            @Override
            public void confirm(TccBranch branch, A arguments) throws SQLException {
                fencedConfirm(branch, connection -> {
                    action.confirm(branch, arguments, connection);
                    return Boolean.TRUE;
                });
            }

            @Override
            public void cancel(TccBranch branch, A arguments) throws SQLException {
                fencedCancel(branch, connection -> {
                    action.cancel(branch, arguments, connection);
                    return Boolean.TRUE;
                });
            }
        };
    }

    /**
     * Deletes the records of branches that ended longer ago than this. It must be longer than a branch's calls can be on their
     * way: once its record is gone, a late try is no longer refused. A day is a good choice.
     *
     * @return how many were deleted
     */
    public int deleteEnded(Duration olderThan) throws SQLException {
        Instant before = clock.instant().minus(olderThan);
        int deleted = 0;
        List<BranchKey> batch;
        do {
            batch = LocalWork.on(database, connection -> deleteBatch(connection, before));
            deleted += batch.size();
        } while (batch.size() == DELETE_ROWS_MAX);
        return deleted;
    }

    /** Calls {@link #deleteEnded} again and again in the background, until the fence is closed. */
    public void deleteEndedEvery(Duration period, Duration olderThan) {
        Thread.ofVirtual().name("plinth-fence-cleaner").start(() -> {
            try {
                while (!closed.await(period.toNanos(), TimeUnit.NANOSECONDS)) {
                    try {
                        deleteEnded(olderThan);
                    } catch (SQLException e) {
                        LOG.log(
                                Level.WARNING,
                                "old records of " + table + " could not be deleted; trying again in " + period,
                                e);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Stops the background deletion. */
    @Override
    public void close() {
        closed.countDown();
    }

    private <R> R fencedTry(TccBranch branch, LocalWork<R, RuntimeException> work) throws SQLException {
        try {
            return LocalWork.on(database, connection -> {
                insert(connection, branch, Status.TRIED);
                return work.run(connection);
            });
        } catch (RecordExists e) {
            throw refusedTry(branch, e);
        }
    }

    private PlinthException refusedTry(TccBranch branch, RecordExists cause) throws SQLException {
        Optional<Status> status = LocalWork.on(database, connection -> read(connection, branch));
        boolean cancelled =
                status.isPresent() && (status.get() == Status.SUSPENDED || status.get() == Status.ROLLED_BACK);
        return cancelled
                ? PlinthException.ofTransaction(
                        Code.ROLLED_BACK, branch.xid(), "the try came after its own cancel: " + branch, cause)
                : PlinthException.ofTransaction(
                        Code.REFUSED, branch.xid(), "this branch was tried before: " + branch, cause);
    }

    private void fencedConfirm(TccBranch branch, LocalWork<Boolean, RuntimeException> work) throws SQLException {
        LocalWork.on(database, connection -> {
            if (update(connection, branch, Status.COMMITTED)) {
                return work.run(connection);
            }
            Optional<Status> status = read(connection, branch);
            if (status.isPresent() && status.get() == Status.COMMITTED) {
                return Boolean.TRUE;
            }
            throw new SQLException("cannot confirm " + branch + ": its record in " + table + " is "
                    + status.map(Status::name)
                            .orElse("missing, so its try never took place or its record was deleted"));
        });
    }

    private void fencedCancel(TccBranch branch, LocalWork<Boolean, RuntimeException> work) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                LocalWork.on(database, connection -> {
                    if (update(connection, branch, Status.ROLLED_BACK)) {
                        return work.run(connection);
                    }
                    Optional<Status> status = read(connection, branch);
                    if (status.isEmpty()) {
                        insert(connection, branch, Status.SUSPENDED);
                    } else if (status.get() == Status.TRIED) {
                        throw new RecordExists(branch, null);
                    } else if (status.get() == Status.COMMITTED) {
                        throw new SQLException(
                                "cannot cancel " + branch + ": its record in " + table + " is COMMITTED");
                    }
                    return Boolean.TRUE;
                });
                return;
            } catch (RecordExists e) {
                if (attempt == CANCEL_ATTEMPTS_MAX) {
                    throw e;
                }
            }
        }
    }

    /** The branch has a record, which a moment ago it had not. */
    private static final class RecordExists extends SQLException {
        RecordExists(TccBranch branch, @Nullable SQLException cause) {
            super("the fence has a record of " + branch, cause);
        }
    }

    private void insert(Connection connection, TccBranch branch, Status status) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("insert into " + table
                + " (xid, branch_id, action_name, status, gmt_create, gmt_modified) values (?, ?, ?, ?, ?, ?)")) {
            Timestamp now = Timestamp.from(clock.instant());
            statement.setString(1, branch.xid());
            statement.setLong(2, branch.branchId());
            statement.setString(3, branch.resourceId());
            statement.setInt(4, status.code);
            statement.setTimestamp(5, now);
            statement.setTimestamp(6, now);
            statement.executeUpdate();
        } catch (SQLException e) {
            // SQLSTATE class 23: integrity constraint violation. The primary key is the only constraint that can be
            // hurt.
            if (e.getSQLState() != null && e.getSQLState().startsWith("23")) {
                throw new RecordExists(branch, e);
            }
            throw e;
        }
    }

    private boolean update(Connection connection, TccBranch branch, Status status) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("update " + table
                + " set status = ?, gmt_modified = ? where xid = ? and branch_id = ? and status = ?")) {
            statement.setInt(1, status.code);
            statement.setTimestamp(2, Timestamp.from(clock.instant()));
            statement.setString(3, branch.xid());
            statement.setLong(4, branch.branchId());
            statement.setInt(5, Status.TRIED.code);
            return statement.executeUpdate() == 1;
        }
    }

    private Optional<Status> read(Connection connection, TccBranch branch) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select status from " + table + " where xid = ? and branch_id = ?")) {
            statement.setString(1, branch.xid());
            statement.setLong(2, branch.branchId());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(Status.of(rows.getInt(1))) : Optional.empty();
            }
        }
    }

    private record BranchKey(String xid, long branchId) {}

    private List<BranchKey> deleteBatch(Connection connection, Instant before) throws SQLException {
        List<BranchKey> ended = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "select xid, branch_id from " + table + " where gmt_modified < ? and status in (?, ?, ?)")) {
            statement.setMaxRows(DELETE_ROWS_MAX);
            statement.setTimestamp(1, Timestamp.from(before));
            statement.setInt(2, Status.COMMITTED.code);
            statement.setInt(3, Status.ROLLED_BACK.code);
            statement.setInt(4, Status.SUSPENDED.code);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    ended.add(new BranchKey(rows.getString(1), rows.getLong(2)));
                }
            }
        }
        try (PreparedStatement statement =
                connection.prepareStatement("delete from " + table + " where xid = ? and branch_id = ?")) {
            for (BranchKey key : ended) {
                statement.setString(1, key.xid());
                statement.setLong(2, key.branchId());
                statement.addBatch();
            }
            statement.executeBatch();
        }
        return ended;
    }
}
