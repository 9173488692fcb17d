package dev.plinth.sdk.xa;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.jdbc.ResourceIds;
import dev.plinth.sdk.jdbc.WrappingDataSource;
import dev.plinth.sdk.transactions.Branches;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.wire.seata.BranchType;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.XADataSource;
import javax.transaction.xa.XAException;

/**
 * A data source whose local transactions become branches of the current global transaction by the database's own two-phase
 * commit.
 *
 * <p>Within {@link Transactions#run}, a local transaction is prepared when it commits (with auto-commit, each statement that
 * changes something), and the database ends it when the global transaction is decided: also after this process was killed, by any
 * process of the application. Until then its rows stay locked, and nobody reads what is not decided. Outside of global transactions
 * everything goes through as it is.
 *
 * <p>Works on PostgreSQL (whose {@code max_prepared_transactions} must not be 0), MySQL and MariaDB. Branches have Seata's names.
 */
public final class XaDataSource extends WrappingDataSource implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(XaDataSource.class.getName());
    private static final Duration CONNECTION_WAIT = Duration.ofSeconds(30);
    private static final Duration RECOVERY_PERIOD = Duration.ofMinutes(1);

    private final Branches branches;
    private final String resourceId;
    private final XaPool pool;
    private final XaResource resource;
    private final CountDownLatch closed = new CountDownLatch(1);

    private XaDataSource(XADataSource target, Branches branches, String resourceId, XaPool pool, XaResource resource) {
        super(target);
        this.branches = branches;
        this.resourceId = resourceId;
        this.pool = pool;
        this.resource = resource;
    }

    /**
     * Has a database take part. Connects to it once.
     *
     * @param connectionsMax that this process opens; on MySQL and MariaDB each prepared branch keeps one until phase two
     * @throws IllegalArgumentException if it takes part already
     * @throws SQLException if it cannot be reached
     */
    public static XaDataSource of(Transactions transactions, XADataSource database, int connectionsMax)
            throws SQLException {
        if (connectionsMax < 2) {
            throw new IllegalArgumentException("connectionsMax: " + connectionsMax + " is not at least 2");
        }
        Branches branches = transactions.branches();
        XaPool pool = new XaPool(database, connectionsMax, CONNECTION_WAIT);
        XaPool.Pooled first = pool.take();
        String url = first.connection().getMetaData().getURL();
        pool.give(first, true);
        XaResource resource = new XaResource(transactions, pool, !url.startsWith("jdbc:postgresql:"));
        String resourceId = ResourceIds.of(url);
        branches.serve(BranchType.XA, resourceId, resource);
        XaDataSource source = new XaDataSource(database, branches, resourceId, pool, resource);
        Thread.ofVirtual().name("plinth-xa-recovery").start(source::recoverNowAndThen);
        return source;
    }

    private void recoverNowAndThen() {
        try {
            do {
                try {
                    recover();
                } catch (SQLException | PlinthException e) {
                    LOG.log(Level.WARNING, "what is prepared could not be looked through; trying again", e);
                }
            } while (!closed.await(RECOVERY_PERIOD.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends what is prepared in the database of transactions that the coordinator has ended. Happens by itself once a minute.
     *
     * @return how many branches were ended
     */
    public int recover() throws SQLException {
        try {
            return resource.recover();
        } catch (XAException e) {
            throw Xa.failed("recover", e);
        }
    }

    /** Under which the coordinator knows this database. */
    public String resourceId() {
        return resourceId;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return XaConnection.of(new XaSession(branches, resourceId, pool, resource, pool.take()));
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("connections are shared: give user and password to the XADataSource");
    }

    /** Takes no more calls of phase two, and closes its connections. What is prepared stays so, for another process to end. */
    @Override
    public void close() {
        closed.countDown();
        branches.release(BranchType.XA, resourceId);
        resource.close();
        pool.close();
    }
}
