package dev.plinth.sdk.xa;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.transactions.Branches;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.sql.SQLException;
import java.util.Optional;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/** One connection's part in global transactions: when its branches begin, and when they are prepared. */
final class XaSession {

    @FunctionalInterface
    interface Body {
        @Nullable
        Object call() throws Throwable;
    }

    private final Branches branches;
    private final String resourceId;
    private final XaPool pool;
    private final XaResource resource;
    private XaPool.Pooled pooled;
    private boolean autoCommit = true;
    private @Nullable BranchXid open;
    private boolean broken;
    private boolean closed;

    XaSession(Branches branches, String resourceId, XaPool pool, XaResource resource, XaPool.Pooled pooled) {
        this.branches = branches;
        this.resourceId = resourceId;
        this.pool = pool;
        this.resource = resource;
        this.pooled = pooled;
    }

    java.sql.Connection connection() throws SQLException {
        if (closed) {
            throw new SQLException("the connection is closed", "08003");
        }
        return pooled.connection();
    }

    boolean isClosed() {
        return closed;
    }

    boolean autoCommit() throws SQLException {
        return (branches.currentXid().isPresent() || open != null)
                ? autoCommit
                : connection().getAutoCommit();
    }

    void setAutoCommit(boolean on) throws SQLException {
        if (on && open != null) {
            prepare();
        }
        autoCommit = on;
        if (branches.currentXid().isEmpty() && open == null) {
            connection().setAutoCommit(on);
        }
    }

    /** Runs a statement as part of a branch, if there is a global transaction. */
    @Nullable
    Object run(String sql, Body body) throws Throwable {
        Optional<String> xid = branches.currentXid();
        boolean reads = reads(sql);
        if (xid.isEmpty() || (autoCommit && reads)) {
            return body.call();
        }
        if (open != null && !open.xid().equals(xid.get())) {
            throw new SQLException("this connection has an open branch of " + open.xid()
                    + "; commit it or roll it back before using it in " + xid.get());
        }
        if (open == null) {
            start(xid.get());
        }
        if (!autoCommit) {
            return body.call();
        }
        boolean done = false;
        try {
            Object result = body.call();
            prepare();
            done = true;
            return result;
        } finally {
            if (!done && open != null) {
                rollback();
            }
        }
    }

    /** What certainly only reads needs no branch of its own. */
    private static boolean reads(String sql) {
        String text = sql.stripLeading().toLowerCase(java.util.Locale.ROOT);
        return (text.startsWith("select") && !text.contains(" for ") && !text.contains("(")) || text.startsWith("show");
    }

    private void start(String xid) throws SQLException {
        try {
            long branchId = switch (branches.register(xid, BranchType.XA, resourceId, "", "")) {
                case Branches.Registered registered -> registered.branchId();
                case Branches.Locked locked ->
                    throw PlinthException.ofTransaction(Code.REFUSED, xid, locked.why(), null);
            };
            BranchXid branch = new BranchXid(xid, branchId);
            open = branch;
            pooled.resource().start(branch, XAResource.TMNOFLAGS);
        } catch (XAException e) {
            failed();
            throw Xa.failed("start", e);
        }
    }

    /** Phase one is over: the database keeps the branch, whatever happens to this process. */
    void prepare() throws SQLException {
        BranchXid branch = open;
        if (branch == null) {
            return;
        }
        try {
            pooled.resource().end(branch, XAResource.TMSUCCESS);
            int vote = pooled.resource().prepare(branch);
            open = null;
            if (vote == XAResource.XA_RDONLY) {
                branches.report(
                        branch.xid(), branch.branchId(), BranchType.XA, resourceId, BranchStatus.PHASE_ONE_RDONLY);
                return;
            }
            if (resource.holds()) {
                XaPool.Pooled used = pooled;
                pooled = pool.take();
                resource.prepared(branch, used);
            }
        } catch (XAException e) {
            // Whether it is prepared is not certain: the coordinator must ask the database, so nothing is reported.
            broken = true;
            open = null;
            branches.doom();
            throw Xa.failed("prepare", e);
        }
    }

    void commit() throws SQLException {
        if (open != null) {
            prepare();
        } else if (branches.currentXid().isEmpty()) {
            connection().commit();
        }
    }

    void rollback() throws SQLException {
        BranchXid branch = open;
        if (branch == null) {
            if (branches.currentXid().isEmpty()) {
                connection().rollback();
            }
            return;
        }
        try {
            pooled.resource().end(branch, XAResource.TMFAIL);
            pooled.resource().rollback(branch);
            failed();
        } catch (XAException e) {
            broken = true;
            open = null;
            branches.doom();
            throw Xa.failed("roll back", e);
        }
    }

    private void failed() {
        BranchXid branch = open;
        open = null;
        if (branch != null) {
            branches.doom();
            branches.report(branch.xid(), branch.branchId(), BranchType.XA, resourceId, BranchStatus.PHASE_ONE_FAILED);
        }
    }

    void close() throws SQLException {
        if (closed) {
            return;
        }
        try {
            if (open != null) {
                rollback();
            } else if (!broken && !pooled.connection().getAutoCommit()) {
                pooled.connection().rollback();
                pooled.connection().setAutoCommit(true);
            }
        } finally {
            closed = true;
            pool.give(pooled, !broken);
        }
    }
}
