package dev.plinth.sdk.saga;

import dev.plinth.sdk.jdbc.LocalWork;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What is durable of runs of sagas: two tables of the application's database. */
final class SagaStore {
    /*
     * A run has one writer at a time: whoever took it over last. Each taking over counts the run's epoch up, and each write is of an
     * epoch; so a process that was thought dead, and was only slow, finds at its next step that the run is no longer its own.
     */

    enum StepState {
        STARTED,
        DONE,
        COMPENSATED
    }

    enum RunState {
        /** Its steps go on. */
        RUNNING,
        /** A step has failed: what was done is to be compensated. */
        FAILED,
        DONE,
        COMPENSATED
    }

    /** A run, and its steps as far as it has come. */
    record Run(String saga, String input, RunState state, long epoch, Map<String, StepRecord> steps) {}

    /** @param output as JSON; empty if it is not known */
    record StepRecord(StepState state, String output) {}

    /** Somebody else has taken the run over. */
    static final class TakenOver extends RuntimeException {
        TakenOver(String xid) {
            super("the saga " + xid + " was taken over by another process, for its time was over", null, false, false);
        }
    }

    private final DataSource database;

    SagaStore(DataSource database) {
        this.database = database;
    }

    void createTables() throws SQLException {
        LocalWork.on(database, connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table if not exists plinth_saga (xid varchar(128) not null primary key,"
                        + " saga varchar(64) not null, input text not null, state varchar(16) not null,"
                        + " epoch bigint not null, changed timestamp not null default current_timestamp)");
                statement.execute("create table if not exists plinth_saga_step (xid varchar(128) not null,"
                        + " step varchar(64) not null, state varchar(16) not null, output text not null,"
                        + " primary key (xid, step))");
            }
            return true;
        });
    }

    void begin(String xid, String saga, String input) throws SQLException {
        LocalWork.on(
                database,
                connection -> update(
                        connection,
                        "insert into plinth_saga (xid, saga, input, state, epoch) values (?, ?, ?, 'RUNNING', 1)",
                        xid,
                        saga,
                        input));
    }

    /** Takes a run over: whoever had it writes no more. Empty if there is none. */
    Optional<Run> takeOver(String xid) throws SQLException {
        return LocalWork.on(database, connection -> {
            if (update(connection, "update plinth_saga set epoch = epoch + 1 where xid = ?", xid) == 0) {
                return Optional.empty();
            }
            try (PreparedStatement select =
                    connection.prepareStatement("select saga, input, state, epoch from plinth_saga where xid = ?")) {
                select.setString(1, xid);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return Optional.of(new Run(
                            row.getString(1),
                            row.getString(2),
                            RunState.valueOf(row.getString(3)),
                            row.getLong(4),
                            steps(connection, xid)));
                }
            }
        });
    }

    private static Map<String, StepRecord> steps(Connection connection, String xid) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select step, state, output from plinth_saga_step where xid = ?")) {
            select.setString(1, xid);
            try (ResultSet rows = select.executeQuery()) {
                Map<String, StepRecord> steps = new HashMap<>();
                while (rows.next()) {
                    steps.put(
                            rows.getString(1), new StepRecord(StepState.valueOf(rows.getString(2)), rows.getString(3)));
                }
                return steps;
            }
        }
    }

    /** Says that the run has come to here, unless somebody else has it. */
    void state(String xid, long epoch, RunState state) throws SQLException {
        LocalWork.on(database, connection -> {
            own(connection, xid, epoch, state);
            return true;
        });
    }

    void step(String xid, long epoch, String step, StepState state, String output) throws SQLException {
        LocalWork.on(database, connection -> {
            own(connection, xid, epoch, null);
            int updated = update(
                    connection,
                    "update plinth_saga_step set state = ?, output = ? where xid = ? and step = ?",
                    state.name(),
                    output,
                    xid,
                    step);
            if (updated == 0) {
                update(
                        connection,
                        "insert into plinth_saga_step (xid, step, state, output) values (?, ?, ?, ?)",
                        xid,
                        step,
                        state.name(),
                        output);
            }
            return true;
        });
    }

    private static void own(Connection connection, String xid, long epoch, @Nullable RunState state)
            throws SQLException {
        String sql = "update plinth_saga set changed = current_timestamp"
                + (state == null ? "" : ", state = '" + state.name() + "'") + " where xid = ? and epoch = " + epoch;
        if (update(connection, sql, xid) == 0) {
            throw new TakenOver(xid);
        }
    }

    int deleteEnded(Instant before) throws SQLException {
        return LocalWork.on(database, connection -> {
            String ended = "state in ('DONE', 'COMPENSATED') and changed < ?";
            try (PreparedStatement steps = connection.prepareStatement(
                            "delete from plinth_saga_step where xid in (select xid from plinth_saga where " + ended
                                    + ")");
                    PreparedStatement runs = connection.prepareStatement("delete from plinth_saga where " + ended)) {
                steps.setTimestamp(1, Timestamp.from(before));
                steps.executeUpdate();
                runs.setTimestamp(1, Timestamp.from(before));
                return runs.executeUpdate();
            }
        });
    }

    private static int update(Connection connection, String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }
}
