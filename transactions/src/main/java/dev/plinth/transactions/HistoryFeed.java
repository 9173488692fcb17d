package dev.plinth.transactions;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Carries ended transactions from the engine to the history, and has them forgotten there when they are on disk. */
final class HistoryFeed implements Watcher<TransactionView>, AutoCloseable {
    /*
     * One batch at a time: append and sync, then Forget, then ask for the next. Whatever fails is done again, for both steps bear
     * repetition; until then the transactions wait in the engine, which is bounded.
     *
     * In a cluster every server has a history and a feed of its own, and whoever comes first has the transactions forgotten on all.
     * So a feed waits with that for as long as another one may be behind; one that is further behind leaves a gap in its history,
     * for which the others are asked.
     *
     * The partitions of a server share its history, and each has a feed; so a list of what ended is one, in the order of the ends.
     *
     * Between two batches that were not full there is a pause: a sync for each single transaction would take the disk from those
     * who wait for their decisions.
     */
    static final Duration PAUSE = Duration.ofMillis(100);

    static final Duration RETRY_PAUSE = Duration.ofSeconds(1);

    private final Partition<TransactionEngine, Command, Outcome, Effect, TransactionView> partition;
    private final History history;
    private final Executor thread;
    private final Clock clock;
    private final Duration forgetAfter;
    private final Consumer<String> report;
    private final Subscription subscription;

    /** Set when the coordinator closes; read before anything is done again. */
    private volatile boolean closed;

    HistoryFeed(
            Partition<TransactionEngine, Command, Outcome, Effect, TransactionView> partition,
            History history,
            Executor thread,
            Clock clock,
            Duration forgetAfter,
            Consumer<String> report) {
        this.partition = partition;
        this.history = history;
        this.thread = thread;
        this.clock = clock;
        this.forgetAfter = forgetAfter;
        this.report = report;
        this.subscription = partition.watch(Indexes.ENDED, this);
    }

    void start() {
        subscription.next();
    }

    @Override
    public void accept(Batch<TransactionView> batch) {
        var ended =
                batch.items().stream().map(Item::view).flatMap(Optional::stream).toList();
        boolean more = !batch.complete() || batch.items().size() >= TransactionLimits.PAGE_MAX;
        thread.execute(() -> append(ended, more));
    }

    private void append(List<TransactionView> ended, boolean more) {
        if (closed) {
            return;
        }
        try {
            history.append(ended);
        } catch (IOException e) {
            report.accept(
                    ended.size() + " ended transactions could not be written to the history, and are tried again: "
                            + e.getMessage());
            later(RETRY_PAUSE, () -> thread.execute(() -> append(ended, more)));
            return;
        }
        if (forgetAfter.isZero()) {
            forget(ended, () -> next(more));
        } else {
            later(forgetAfter, () -> forget(ended, () -> {}));
            next(more);
        }
    }

    private void forget(List<TransactionView> ended, Runnable then) {
        if (ended.isEmpty()) {
            then.run();
            return;
        }
        var ids = ended.stream().map(TransactionView::id).toList();
        var _ = partition.submit(new Command.Forget(ids)).whenComplete((_, failure) -> {
            if (failure == null) {
                then.run();
            } else if (stopped(failure)) {
                close();
            } else {
                later(RETRY_PAUSE, () -> forget(ended, then));
            }
        });
    }

    private static boolean stopped(Throwable failure) {
        var cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        return cause instanceof Refused refused && refused.code() == Refused.Code.STOPPED;
    }

    private void next(boolean more) {
        if (more) {
            subscription.next();
        } else {
            later(PAUSE, subscription::next);
        }
    }

    private void later(Duration pause, Runnable task) {
        var _ = clock.schedule(pause, () -> {
            if (!closed) {
                task.run();
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        subscription.close();
    }
}
