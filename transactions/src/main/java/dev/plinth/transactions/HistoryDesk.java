package dev.plinth.transactions;

import dev.plinth.kernel.Refused;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** Answers questions about the history, on its thread, between one batch of ended transactions and the next. */
final class HistoryDesk implements AutoCloseable {
    /** Questions that wait; a person who asks so much gets no answer anyway. */
    static final int QUESTIONS_MAX = 10_000;

    private final History history;
    private final Executor thread;
    private final ConcurrentHashMap<Long, CompletableFuture<?>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong asked = new AtomicLong();

    /** Set once; read after a question was added, so that none is left waiting when the thread has ended. */
    private volatile boolean closed;

    HistoryDesk(History history, Executor thread) {
        this.history = history;
        this.thread = thread;
    }

    /** Something that can be asked. */
    interface Question<R> {
        R answer(History history) throws IOException;
    }

    /** Completes with the answer, or fails with {@link Refused}. */
    <R> CompletableFuture<R> ask(Question<R> question) {
        var answer = new CompletableFuture<R>();
        if (waiting.size() >= QUESTIONS_MAX) {
            answer.completeExceptionally(Refused.overloaded(
                    QUESTIONS_MAX + " questions to the history wait", TransactionEngine.RETRY_AFTER));
            return answer;
        }
        long number = asked.incrementAndGet();
        waiting.put(number, answer);
        var _ = answer.whenComplete((_, _) -> waiting.remove(number));
        thread.execute(() -> answer(question, answer));
        if (closed) {
            refuse(answer);
        }
        return answer;
    }

    private <R> void answer(Question<R> question, CompletableFuture<R> answer) {
        if (closed) {
            refuse(answer);
            return;
        }
        try {
            answer.complete(question.answer(history));
        } catch (IOException e) {
            answer.completeExceptionally(new Refused(Refused.Code.STORAGE, String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    private static void refuse(CompletableFuture<?> answer) {
        answer.completeExceptionally(new Refused(Refused.Code.STOPPED, "the coordinator is closed"));
    }

    @Override
    public void close() {
        closed = true;
        waiting.values().forEach(HistoryDesk::refuse);
        thread.execute(history::close);
    }
}
