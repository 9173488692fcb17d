package dev.plinth.sdk.xa;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.XAConnection;
import javax.sql.XADataSource;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/** XA connections, kept open for the next one who wants one. */
final class XaPool implements AutoCloseable {
    /*
     * Pools of plain connections hide what XA needs of a connection, and pools of XA connections come with transaction managers of
     * their own; so here is one that does no more than keep connections open, newest first.
     */
    private static final int VALID_SECONDS_MAX = 5;
    /** A connection that was used so lately is not asked whether it is alive. */
    private static final Duration FRESH = Duration.ofSeconds(30);

    /** One connection. Belongs to one thread between {@link #take} and {@link #give}. */
    static final class Pooled {
        private final XAConnection xa;
        private final XAResource resource;
        private Connection connection;
        private long usedNanos;

        private Pooled(XAConnection xa) throws SQLException {
            this.xa = xa;
            this.resource = xa.getXAResource();
            this.connection = xa.getConnection();
        }

        XAResource resource() {
            return resource;
        }

        Connection connection() {
            return connection;
        }
    }

    private final XADataSource database;
    private final Semaphore places;
    private final Duration wait;
    private final Deque<Pooled> idle = new ArrayDeque<>();
    private boolean closed;

    XaPool(XADataSource database, int connectionsMax, Duration wait) {
        this.database = database;
        this.places = new Semaphore(connectionsMax);
        this.wait = wait;
    }

    Pooled take() throws SQLException {
        try {
            if (!places.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new SQLTransientConnectionException(
                        "no XA connection came free within " + wait.toMillis() + " ms", "08001");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException("interrupted while waiting for an XA connection", "08001", e);
        }
        boolean taken = false;
        try {
            Pooled pooled = idle();
            while (pooled != null && !usable(pooled)) {
                closeQuietly(pooled);
                pooled = idle();
            }
            if (pooled == null) {
                pooled = new Pooled(database.getXAConnection());
            }
            taken = true;
            return pooled;
        } finally {
            if (!taken) {
                places.release();
            }
        }
    }

    private synchronized @Nullable Pooled idle() throws SQLException {
        if (closed) {
            throw new SQLException("the data source is closed", "08003");
        }
        return idle.pollFirst();
    }

    private static boolean usable(Pooled pooled) throws SQLException {
        return System.nanoTime() - pooled.usedNanos < FRESH.toNanos() || pooled.connection.isValid(VALID_SECONDS_MAX);
    }

    /** @param sound whether another can use it */
    void give(Pooled pooled, boolean sound) {
        try {
            if (sound) {
                // A new handle: whatever its user set or forgot to close is gone with the old one.
                pooled.connection = pooled.xa.getConnection();
                pooled.usedNanos = System.nanoTime();
                if (kept(pooled)) {
                    return;
                }
            }
            closeQuietly(pooled);
        } catch (SQLException e) {
            closeQuietly(pooled);
        } finally {
            places.release();
        }
    }

    private synchronized boolean kept(Pooled pooled) {
        if (!closed) {
            idle.addFirst(pooled);
        }
        return !closed;
    }

    private static void closeQuietly(Pooled pooled) {
        try {
            pooled.xa.close();
        } catch (SQLException e) {
            System.getLogger(XaPool.class.getName())
                    .log(System.Logger.Level.DEBUG, "a connection that is thrown away did not close", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(XaPool::closeQuietly);
        idle.clear();
    }
}
