package dev.plinth.sdk.at;

import dev.plinth.sdk.transactions.BranchEnds;
import dev.plinth.wire.seata.BranchStatus;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;

/** Phase two of the branches of one database. */
final class AtResource implements BranchEnds {

    private static final Logger LOG = System.getLogger(AtResource.class.getName());

    /** Old records that one statement deletes, so that it holds no locks for long. */
    private static final int OLD_PER_STATEMENT_MAX = 1_000;

    private final DataSource database;
    private final UndoLog log;
    private final Undo undo;
    private final UndoDeletions deletions;

    AtResource(DataSource database, UndoLog log, Undo undo) {
        this.database = database;
        this.log = log;
        this.undo = undo;
        this.deletions = new UndoDeletions(database, log);
    }

    @Override
    public End commit(Branch branch) throws SQLException, InterruptedException {
        deletions.delete(branch);
        return End.COMMITTED;
    }

    @Override
    public End rollback(Branch branch) throws SQLException {
        List<DirtyRow> dirty = undo.rollback(branch, Decision.of(branch.applicationData()));
        if (dirty.isEmpty()) {
            return End.ROLLED_BACK;
        }
        String report = DirtyReport.of(dirty);
        LOG.log(
                Level.WARNING,
                "rows of {0} were changed by somebody who did not ask for their global locks; a person has to decide: {1}",
                branch,
                report);
        return new End(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE, report);
    }

    @Override
    public void deleteOld(int days) throws SQLException {
        Instant before = Instant.now().minus(Duration.ofDays(days));
        int deleted;
        do {
            try (Connection connection = database.getConnection()) {
                deleted = log.deleteOld(connection, before, OLD_PER_STATEMENT_MAX);
                if (!connection.getAutoCommit()) {
                    connection.commit();
                }
            }
        } while (deleted == OLD_PER_STATEMENT_MAX);
    }

    void close() {
        deletions.close();
    }
}
