package dev.plinth.sdk.transactions;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.SeataMessage.BranchCommitRequest;
import dev.plinth.wire.seata.SeataMessage.BranchCommitResponse;
import dev.plinth.wire.seata.SeataMessage.BranchEndRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRollbackRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRollbackResponse;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The actions registered here, and the coordinator's calls of their phase two. */
final class TccParticipants implements CoordinatorRequests {
    /*
     * Whatever goes wrong in phase two is answered "failed, try again": the decision stands, and only a person may give it up.
     * Each call runs on a virtual thread of its own; a semaphore bounds how many work at once, and beyond a limit of waiting
     * ones the answer is "try again" at once.
     */

    /** Phase-two calls that run or wait here. */
    static final int PHASE_TWO_WAITING_MAX = 4_096;

    /** The width of the fence's column, and of Seata's. */
    static final int RESOURCE_ID_CHARACTERS_MAX = 64;

    private static final Logger LOG = System.getLogger(TccParticipants.class.getName());

    /** An action and its arguments' form on the wire. */
    record Registered<A extends Record, R>(
            String resourceId, Class<A> type, TccAction<A, R> action, ArgumentsJson<A> json) {

        void confirm(TccBranch branch, String applicationData) throws Exception {
            action.confirm(branch, json.decode(applicationData));
        }

        void cancel(TccBranch branch, String applicationData) throws Exception {
            action.cancel(branch, json.decode(applicationData));
        }
    }

    private final Map<String, Registered<?, ?>> byResource = new ConcurrentSkipListMap<>();
    private final Semaphore waiting = new Semaphore(PHASE_TWO_WAITING_MAX);
    private final Semaphore running;
    private volatile boolean closed;

    TccParticipants(int concurrencyMax) {
        this.running = new Semaphore(concurrencyMax);
    }

    <A extends Record, R> Registered<A, R> register(String resourceId, Class<A> type, TccAction<A, R> action) {
        if (resourceId.isBlank() || resourceId.length() > RESOURCE_ID_CHARACTERS_MAX || resourceId.indexOf(',') >= 0) {
            throw new IllegalArgumentException("resourceId: '" + resourceId + "' is not 1 to "
                    + RESOURCE_ID_CHARACTERS_MAX + " characters without commas");
        }
        Registered<A, R> registered = new Registered<>(resourceId, type, action, new ArgumentsJson<>(resourceId, type));
        if (byResource.putIfAbsent(resourceId, registered) != null) {
            throw new IllegalArgumentException("resourceId: '" + resourceId + "' is registered already");
        }
        return registered;
    }

    /** As the wire wants them: separated by commas. */
    String resourceIds() {
        return String.join(",", byResource.keySet());
    }

    @Override
    public void accept(BranchEndRequest request, Reply reply) {
        if (closed || !waiting.tryAcquire()) {
            reply.send(
                    failed(request, closed ? "this process is closing" : "too many phase-two calls are waiting here"));
            return;
        }
        Thread.ofVirtual().name("plinth-phase-two-", request.branchId()).start(() -> {
            try {
                reply.send(end(request));
            } finally {
                waiting.release();
            }
        });
    }

    private Response end(BranchEndRequest request) {
        running.acquireUninterruptibly();
        try {
            Registered<?, ?> registered = byResource.get(request.resourceId());
            if (registered == null || request.branchType() != BranchType.TCC) {
                return failed(
                        request,
                        "no " + BranchType.TCC + " action is registered here under '" + request.resourceId()
                                + "', of type " + request.branchType());
            }
            TccBranch branch = new TccBranch(request.xid(), request.branchId(), request.resourceId());
            return switch (request) {
                case BranchCommitRequest commit -> {
                    registered.confirm(branch, commit.applicationData());
                    yield answer(commit, Result.ok(), BranchStatus.PHASE_TWO_COMMITTED);
                }
                case BranchRollbackRequest rollback -> {
                    registered.cancel(branch, rollback.applicationData());
                    yield answer(rollback, Result.ok(), BranchStatus.PHASE_TWO_ROLLBACKED);
                }
            };
        } catch (Throwable e) { // an Error of the action must not leave the coordinator without an answer
            LOG.log(Level.WARNING, "phase two failed; the coordinator will try again: " + request, e);
            return failed(request, e.toString());
        } finally {
            running.release();
        }
    }

    private static Response failed(BranchEndRequest request, String why) {
        Result result = Result.failed(TransactionExceptionCode.UNKNOWN, why);
        return switch (request) {
            case BranchCommitRequest commit -> answer(commit, result, BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE);
            case BranchRollbackRequest rollback ->
                answer(rollback, result, BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE);
        };
    }

    private static Response answer(BranchCommitRequest request, Result result, BranchStatus status) {
        return new BranchCommitResponse(result, request.xid(), request.branchId(), status);
    }

    private static Response answer(BranchRollbackRequest request, Result result, BranchStatus status) {
        return new BranchRollbackResponse(result, request.xid(), request.branchId(), status);
    }

    /** Takes no more calls, and waits for those that run. */
    void close(Duration patience) {
        closed = true;
        try {
            if (waiting.tryAcquire(PHASE_TWO_WAITING_MAX, patience.toNanos(), TimeUnit.NANOSECONDS)) {
                waiting.release(PHASE_TWO_WAITING_MAX);
            } else {
                LOG.log(Level.WARNING, "closing while phase-two calls still run; the coordinator will try them again");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
