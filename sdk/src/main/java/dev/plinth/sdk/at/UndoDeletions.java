package dev.plinth.sdk.at;

import dev.plinth.sdk.transactions.BranchEnds.Branch;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;

/** Deletes the undo records of committed branches, many with one statement. */
final class UndoDeletions implements AutoCloseable {
    /*
     * While one batch is being deleted, the next one gathers; so a single commit waits for nobody, and under load hundreds share
     * a statement. The coordinator is answered when the record is gone, for nobody waits for the answer: the transaction was
     * committed with the decision. Seata's client answers first, and leaves the records behind when it is killed.
     */
    static final int BATCH_MAX = 500;

    private record Waiting(Branch branch, CompletableFuture<Boolean> done) {}

    private final DataSource database;
    private final UndoLog log;
    private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(BATCH_MAX * 10);
    private final Thread worker;
    private volatile boolean closed;

    UndoDeletions(DataSource database, UndoLog log) {
        this.database = database;
        this.log = log;
        this.worker = Thread.ofVirtual().name("plinth-undo-deletions").start(this::work);
    }

    /** Returns when the record is deleted. */
    void delete(Branch branch) throws SQLException, InterruptedException {
        Waiting waiting = new Waiting(branch, new CompletableFuture<>());
        queue.put(waiting);
        if (closed) {
            waiting.done().completeExceptionally(new SQLException("the data source is closed"));
        }
        try {
            waiting.done().get();
        } catch (ExecutionException e) {
            throw new SQLException("undo records could not be deleted: " + e.getMessage(), e);
        }
    }

    private void work() {
        List<Waiting> batch = new ArrayList<>();
        try {
            while (!closed) {
                batch.add(queue.take());
                queue.drainTo(batch, BATCH_MAX - 1);
                delete(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } finally {
            queue.drainTo(batch);
            batch.forEach(
                    waiting -> waiting.done().completeExceptionally(new SQLException("the data source is closed")));
        }
    }

    private void delete(List<Waiting> batch) {
        try (Connection connection = database.getConnection()) {
            log.delete(connection, batch.stream().map(Waiting::branch).toList());
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
            batch.forEach(waiting -> waiting.done().complete(true));
        } catch (SQLException | RuntimeException e) {
            batch.forEach(waiting -> waiting.done().completeExceptionally(e));
        }
    }

    @Override
    public void close() {
        closed = true;
        worker.interrupt();
    }
}
