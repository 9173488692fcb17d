package dev.plinth.kernel;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Records that somebody asked for at once, and the future that tells him when all of them are durable. */
abstract class OneWrite implements SegmentStore.Write {
    private final CompletableFuture<Void> future = new CompletableFuture<>();
    private final Gathering gathering;

    /** Of its records, those that are in no batch yet. */
    private int waiting;

    private @Nullable RuntimeException wrong;
    private boolean finished;

    OneWrite(Gathering gathering, int records) {
        this.gathering = gathering;
        this.waiting = records;
        gathering.came(records);
    }

    final CompletableFuture<Void> future() {
        return future;
    }

    /** One record is put down. */
    final void put() {
        waiting--;
        gathering.went(1);
    }

    /** All of it is put down. */
    final void finished() {
        finished = true;
    }

    /** The caller asked for what cannot be; nothing is put down. */
    final void wrong(String message) {
        wrong = new IllegalArgumentException(message);
        finished = true;
        goAway();
    }

    private void goAway() {
        gathering.went(waiting);
        waiting = 0;
    }

    @Override
    public void synced() {
        if (wrong != null) {
            future.completeExceptionally(wrong);
        } else if (finished) {
            future.complete(null);
        }
    }

    @Override
    public void failed(Refused reason) {
        goAway();
        future.completeExceptionally(reason);
    }
}
