package dev.plinth.sdk.transactions;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalEndResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalRollbackRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalStatusRequest;
import dev.plinth.wire.seata.SeataMessage.Response;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Begins and ends global transactions, and says honestly how they ended. */
final class GlobalTransactions {
    /*
     * What may be asked twice? A begin: a transaction that nobody heard of is rolled back by its time-out. A commit and a
     * rollback: the coordinator decides once. So all three are asked again after a lost answer.
     *
     * What does the answer to a repeated commit tell? Any status but "finished" tells the outcome. "Finished" is what Seata's
     * server says of a transaction that it knows no more. To the first commit that can have arrived, it means that the
     * time-out was faster: rolled back. But if an earlier one may have arrived, that may have committed and been forgotten,
     * and only OUTCOME_UNKNOWN is the truth.
     *
     * A rollback needs no certainty: only this process would ever ask for the commit, and it does not.
     */
    private static final Set<GlobalStatus> COMMIT_DECIDED = EnumSet.of(
            GlobalStatus.COMMITTING,
            GlobalStatus.COMMIT_RETRYING,
            GlobalStatus.ASYNC_COMMITTING,
            GlobalStatus.COMMITTED);
    private static final Set<GlobalStatus> ROLLBACK_DECIDED = EnumSet.of(
            GlobalStatus.ROLLBACKING,
            GlobalStatus.ROLLBACK_RETRYING,
            GlobalStatus.TIMEOUT_ROLLBACKING,
            GlobalStatus.TIMEOUT_ROLLBACK_RETRYING,
            GlobalStatus.ROLLBACKED,
            GlobalStatus.TIMEOUT_ROLLBACKED);
    private static final Set<GlobalStatus> FORGOTTEN = EnumSet.of(GlobalStatus.FINISHED, GlobalStatus.DELETING);
    private static final Set<GlobalStatus> UNDECIDED = EnumSet.of(GlobalStatus.UNKNOWN, GlobalStatus.BEGIN);

    private final CoordinatorChannel channel;
    private final Duration requestTimeout;

    GlobalTransactions(CoordinatorChannel channel, Duration requestTimeout) {
        this.channel = channel;
        this.requestTimeout = requestTimeout;
    }

    OpenTransaction begin(String name, Duration timeout) {
        GlobalBeginRequest request = new GlobalBeginRequest(Math.toIntExact(timeout.toMillis()), name);
        Question question = new Question(channel, request, requestTimeout, requestTimeout);
        Response answer = question.ask(response -> true);
        if (answer instanceof GlobalBeginResponse response && response.result().success()) {
            return new OpenTransaction(response.xid(), name, question.askedNanos() + timeout.toNanos());
        }
        if (answer instanceof GlobalBeginResponse response) {
            Optional<PlinthException> overload = Overload.of(response.result());
            if (overload.isPresent()) {
                throw overload.get();
            }
        }
        throw new PlinthException(Code.REFUSED, "the coordinator did not begin '" + name + "': " + answer);
    }

    /** Returns if it is decided to commit; otherwise throws what {@link Transactions#run} promises. */
    void commit(OpenTransaction transaction) {
        String xid = transaction.xid();
        Duration patience = longer(transaction.remaining(), requestTimeout);
        Question question = new Question(channel, new GlobalCommitRequest(xid, ""), requestTimeout, patience);
        GlobalStatus status;
        try {
            status = ask(question);
        } catch (PlinthException e) {
            if (question.mayHaveArrived()) {
                throw PlinthException.ofTransaction(
                        Code.OUTCOME_UNKNOWN, xid, "the coordinator did not say whether it committed", e);
            }
            throw rolledBack(xid, "the coordinator could not be asked to commit, and rolls it back by its time-out", e);
        }
        if (COMMIT_DECIDED.contains(status)) {
            return;
        }
        if (ROLLBACK_DECIDED.contains(status)) {
            throw rolledBack(xid, "the coordinator had rolled it back: " + status, null);
        }
        if (!FORGOTTEN.contains(status)) {
            throw PlinthException.ofTransaction(
                    Code.HEURISTIC, xid, "a participant could not follow the decision: " + status, null);
        }
        if (question.earlierMayHaveArrived()) {
            throw PlinthException.ofTransaction(
                    Code.OUTCOME_UNKNOWN,
                    xid,
                    "the answer to the commit was lost, and now the coordinator knows the transaction no more",
                    null);
        }
        throw rolledBack(xid, "it had ended before it was asked to commit, most likely by its time-out", null);
    }

    /**
     * Asks for the rollback. Not being heard changes nothing: the coordinator's time-out does the same, only later.
     *
     * @throws PlinthException if it was not heard, or the transaction turns out not to have been rolled back
     */
    void rollback(OpenTransaction transaction) {
        String xid = transaction.xid();
        Question question = new Question(
                channel,
                new GlobalRollbackRequest(xid, ""),
                requestTimeout,
                shorter(transaction.remaining(), requestTimeout));
        GlobalStatus status = ask(question);
        if (!ROLLBACK_DECIDED.contains(status) && !FORGOTTEN.contains(status)) {
            throw PlinthException.ofTransaction(Code.HEURISTIC, xid, "asked to roll back, it is " + status, null);
        }
    }

    TransactionStatus status(String xid) {
        GlobalStatus status =
                statusOf(new Question(channel, new GlobalStatusRequest(xid, ""), requestTimeout, requestTimeout)
                        .ask(response -> response instanceof GlobalEndResponse end
                                && end.result().success()));
        return switch (status) {
            case BEGIN -> TransactionStatus.ACTIVE;
            case COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING -> TransactionStatus.COMMITTING;
            case COMMITTED -> TransactionStatus.COMMITTED;
            case ROLLBACKING, ROLLBACK_RETRYING, TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING ->
                TransactionStatus.ROLLING_BACK;
            case ROLLBACKED, TIMEOUT_ROLLBACKED -> TransactionStatus.ROLLED_BACK;
            case COMMIT_FAILED,
                    COMMIT_RETRY_TIMEOUT,
                    STOP_COMMIT_OR_COMMIT_RETRY,
                    ROLLBACK_FAILED,
                    TIMEOUT_ROLLBACK_FAILED,
                    ROLLBACK_RETRY_TIMEOUT,
                    STOP_ROLLBACK_OR_ROLLBACK_RETRY -> TransactionStatus.FAILED;
            case UNKNOWN, FINISHED, DELETING -> TransactionStatus.UNKNOWN;
        };
    }

    private static GlobalStatus ask(Question question) {
        return statusOf(question.ask(response -> response instanceof GlobalEndResponse end
                && end.result().success()
                && !UNDECIDED.contains(end.globalStatus())));
    }

    private static GlobalStatus statusOf(Response response) {
        return ((GlobalEndResponse) response).globalStatus();
    }

    private static PlinthException rolledBack(String xid, String why, @Nullable Throwable cause) {
        return PlinthException.ofTransaction(Code.ROLLED_BACK, xid, why, cause);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
