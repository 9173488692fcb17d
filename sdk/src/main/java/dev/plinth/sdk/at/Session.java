package dev.plinth.sdk.at;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One connection's part in global transactions: when its local transactions begin and end. */
final class Session {
    /*
     * With auto-commit, a statement is a local transaction of its own, and may be run again: its locks are taken first, then it is
     * run; if it turns out to be about other rows than were locked, it is rolled back and all is done again. Without, what the
     * application has done cannot be run again, so locks that turn out to be missing are waited for while rows are locked: within
     * the bounds of the wait.
     */
    private static final int ATTEMPTS_MAX = 10;

    private final AtDatabase at;
    private final Connection target;
    private final Work work;
    private final Map<Savepoint, Integer> marks = new HashMap<>();
    private @Nullable LocalTransaction open;
    private boolean spaceMayDiffer;

    Session(AtDatabase at, Connection target) {
        this.at = at;
        this.target = target;
        this.work = new Work(at, target, this::space);
    }

    AtDatabase at() {
        return at;
    }

    /** Whether statements need any care at all. */
    boolean concerned() {
        return open != null
                || at.branches().currentXid().isPresent()
                || at.looking().active();
    }

    /** The plan of a statement, if it is one that may run. */
    Plan plan(String sql) throws AtRefusedException {
        Plan plan = at.plans().of(sql);
        if (plan instanceof Plan.Refused refused) {
            at.branches().doom();
            throw refused.exception();
        }
        String text = sql.stripLeading().toLowerCase(Locale.ROOT);
        spaceMayDiffer |= text.startsWith("set") || text.startsWith("use");
        return plan;
    }

    Table table(Plan.OnTable plan) throws SQLException {
        return at.tables()
                .table(target, space(), plan.target().schema(), plan.target().table());
    }

    private String space() throws SQLException {
        if (!spaceMayDiffer) {
            return at.space();
        }
        return AtDataSource.space(at.dialect(), target);
    }

    void spaceMayDiffer() {
        spaceMayDiffer = true;
    }

    /** Runs statements with what it takes to undo them. */
    <T> T run(List<Work.Step> steps, Work.Run<T> run) throws SQLException {
        try {
            return target.getAutoCommit() ? alone(steps, run) : within(steps, run);
        } catch (AtRefusedException | PlinthException e) {
            at.branches().doom();
            throw e;
        } catch (Images.StaleTable e) {
            for (Work.Step step : steps) {
                at.tables().forget(table(step.plan()));
            }
            throw e;
        }
    }

    private <T> T alone(List<Work.Step> steps, Work.Run<T> run) throws SQLException {
        LocalTransaction local = new LocalTransaction(xid());
        boolean done = false;
        try {
            for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
                work.lock(local, steps);
                Optional<T> result = once(local, steps, run);
                if (result.isPresent()) {
                    done = true;
                    return result.get();
                }
            }
            throw new GlobalLockException("the rows of this statement changed " + ATTEMPTS_MAX
                    + " times between locking them globally and changing them");
        } finally {
            if (!done) {
                reportFailed(local);
            }
        }
    }

    /** Empty if it was about other rows than were locked, and was rolled back. */
    private <T> Optional<T> once(LocalTransaction local, List<Work.Step> steps, Work.Run<T> run) throws SQLException {
        target.setAutoCommit(false);
        boolean committed = false;
        try {
            T result = work.change(local, steps, run, false);
            flush(local);
            target.commit();
            committed = true;
            return Optional.of(result);
        } catch (Work.RowsMoved e) {
            return Optional.empty();
        } finally {
            if (!committed) {
                target.rollback();
                local.backTo(0);
            }
            target.setAutoCommit(true);
        }
    }

    private <T> T within(List<Work.Step> steps, Work.Run<T> run) throws SQLException {
        LocalTransaction local = open;
        String xid = xid();
        if (local == null) {
            local = new LocalTransaction(xid);
            open = local;
        } else if (!local.xid().equals(xid)) {
            throw new SQLException("this connection has an open local transaction of " + local.xid()
                    + "; commit it or roll it back before using it in " + xid);
        }
        work.lock(local, steps);
        return work.change(local, steps, run, true);
    }

    private String xid() {
        Optional<String> current = at.branches().currentXid();
        return current.orElseGet(() -> open == null ? "" : open.xid());
    }

    void commit() throws SQLException {
        LocalTransaction local = open;
        if (local != null) {
            if (local.broken()) {
                throw new SQLTransactionRollbackException(
                        "a statement of this local transaction changed rows that were not locked: roll it back",
                        "40001");
            }
            flush(local);
        }
        target.commit();
        end();
    }

    /** Writes the undo records; they become durable with the changes, or not at all. */
    private void flush(LocalTransaction local) throws SQLException {
        for (LocalTransaction.Part part : local.parts()) {
            if (!part.changes().isEmpty()) {
                try {
                    at.log().insert(target, local.xid(), part.branchId(), part.changes());
                } catch (SQLException e) {
                    if (Sql.breaksConstraint(e)) {
                        throw PlinthException.ofTransaction(
                                Code.ROLLED_BACK,
                                local.xid(),
                                "the coordinator has rolled back this branch before it could commit",
                                e);
                    }
                    throw e;
                } catch (IllegalArgumentException e) {
                    throw new AtRefusedException(
                            AtRefusedException.Reason.VALUE,
                            String.valueOf(e.getMessage()),
                            "change such columns outside of global transactions, or by TCC");
                }
            }
        }
    }

    void rollback() throws SQLException {
        target.rollback();
        LocalTransaction local = end();
        if (local != null) {
            reportFailed(local);
        }
    }

    /** The connection goes back to where it came from; what it has not committed is rolled back there. */
    void close() throws SQLException {
        LocalTransaction local = end();
        if (local != null && !target.isClosed() && !target.getAutoCommit()) {
            target.rollback();
        }
        target.close();
        if (local != null) {
            reportFailed(local);
        }
    }

    /** Turning it on commits what is open, as JDBC has it. */
    void setAutoCommit(boolean on) throws SQLException {
        if (on && open != null) {
            commit();
        }
        target.setAutoCommit(on);
    }

    void savepoint(Savepoint savepoint) {
        marks.put(savepoint, open == null ? 0 : open.mark());
    }

    void rollback(Savepoint savepoint) throws SQLException {
        target.rollback(savepoint);
        if (open != null) {
            open.backTo(marks.getOrDefault(savepoint, 0));
        }
    }

    private @Nullable LocalTransaction end() {
        LocalTransaction local = open;
        open = null;
        marks.clear();
        return local;
    }

    /** So the coordinator need not ask for what never took place. */
    private void reportFailed(LocalTransaction local) {
        for (LocalTransaction.Part part : local.parts()) {
            at.branches()
                    .report(
                            local.xid(),
                            part.branchId(),
                            BranchType.AT,
                            at.resourceId(),
                            BranchStatus.PHASE_ONE_FAILED);
        }
    }
}
