package dev.plinth.sdk.xa;

import dev.plinth.sdk.transactions.BranchEnds;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.wire.seata.BranchStatus;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/** Phase two of the branches of one database, and of what a crash left prepared. */
final class XaResource implements BranchEnds {
    /*
     * A prepared branch is the database's: any connection of any process can end it, also after the process that prepared it was
     * killed. But MySQL and MariaDB let nobody else end it while the connection that prepared it is open; so there that is kept
     * aside until phase two comes, and used for it.
     *
     * "The database does not know it" may mean that phase one has not come to prepare yet, that it never will, or that an earlier
     * call ended it and the answer was lost. Which, only time tells: the coordinator asks again for a while.
     */
    private static final Logger LOG = System.getLogger(XaResource.class.getName());

    private final Transactions transactions;
    private final XaPool pool;
    private final boolean held;
    private final Map<BranchXid, XaPool.Pooled> prepared = new ConcurrentHashMap<>();

    XaResource(Transactions transactions, XaPool pool, boolean held) {
        this.transactions = transactions;
        this.pool = pool;
        this.held = held;
    }

    /** Whether a prepared branch's connection has to be kept aside. */
    boolean holds() {
        return held;
    }

    /** Takes over the connection of a branch that is prepared. */
    void prepared(BranchXid branch, XaPool.Pooled connection) {
        prepared.put(branch, connection);
    }

    @Override
    public End commit(Branch branch) throws SQLException, XAException {
        return end(new BranchXid(branch.xid(), branch.branchId()), true)
                ? End.COMMITTED
                : new End(BranchStatus.PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE, "the database does not know it");
    }

    @Override
    public End rollback(Branch branch) throws SQLException, XAException {
        return end(new BranchXid(branch.xid(), branch.branchId()), false)
                ? End.ROLLED_BACK
                : new End(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE, "the database does not know it");
    }

    /** False if the database does not know the branch. */
    private boolean end(BranchXid branch, boolean commit) throws SQLException, XAException {
        XaPool.Pooled kept = prepared.remove(branch);
        XaPool.Pooled connection = kept == null ? pool.take() : kept;
        boolean sound = false;
        try {
            if (commit) {
                connection.resource().commit(branch, false);
            } else {
                connection.resource().rollback(branch);
            }
            sound = true;
            return true;
        } catch (XAException e) {
            if (e.errorCode == XAException.XAER_NOTA) {
                sound = true;
                return false;
            }
            throw e;
        } finally {
            pool.give(connection, sound);
        }
    }

    /**
     * Ends what is prepared in the database and what the coordinator will not ask for any more, because it has ended the
     * transaction. Most often there is nothing: what it has not ended, it asks for itself.
     *
     * @return how many were ended
     */
    int recover() throws SQLException, XAException {
        Xid[] found;
        XaPool.Pooled connection = pool.take();
        boolean sound = false;
        try {
            found = connection.resource().recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN);
            sound = true;
        } finally {
            pool.give(connection, sound);
        }
        int ended = 0;
        for (Xid xid : found) {
            Optional<BranchXid> branch = BranchXid.of(xid);
            if (branch.isPresent() && recovered(branch.get())) {
                ended++;
            }
        }
        return ended;
    }

    private boolean recovered(BranchXid branch) throws SQLException, XAException {
        TransactionStatus status = transactions.status(branch.xid());
        return switch (status) {
            case COMMITTED -> end(branch, true);
            case ROLLED_BACK -> end(branch, false);
            case ACTIVE, COMMITTING, ROLLING_BACK -> false;
            case FAILED, UNKNOWN -> {
                LOG.log(
                        Level.WARNING,
                        "{0} is prepared in the database, and the coordinator says of its transaction: {1}. It holds its locks"
                                + " until somebody ends it there",
                        branch,
                        status);
                yield false;
            }
        };
    }

    /** The connections that are kept aside are closed: what they prepared stays prepared, for another process to end. */
    void close() {
        prepared.values().forEach(connection -> pool.give(connection, false));
        prepared.clear();
    }
}
