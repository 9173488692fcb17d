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
import dev.plinth.wire.seata.SeataMessage.UndoLogDeleteRequest;
import dev.plinth.wire.seata.TransactionExceptionCode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The resources served here, and the coordinator's calls of their phase two. */
final class PhaseTwoCalls implements CoordinatorRequests {
    /*
     * Whatever goes wrong in phase two is answered "failed, try again": the decision stands, and only a person may give it up.
     * Each call runs on a virtual thread of its own; a semaphore bounds how many work at once, and beyond a limit of waiting
     * ones the answer is "try again" at once.
     */

    /** Phase-two calls that run or wait here. */
    static final int PHASE_TWO_WAITING_MAX = 4_096;

    private static final Logger LOG = System.getLogger(PhaseTwoCalls.class.getName());

    private record Resource(BranchType type, String id) implements Comparable<Resource> {
        @Override
        public int compareTo(Resource other) {
            int byId = id.compareTo(other.id);
            return byId != 0 ? byId : type.compareTo(other.type);
        }
    }

    private final Map<Resource, BranchEnds> served = new ConcurrentSkipListMap<>();
    private final Semaphore waiting = new Semaphore(PHASE_TWO_WAITING_MAX);
    private final Semaphore running;
    private volatile boolean closed;

    PhaseTwoCalls(int concurrencyMax) {
        this.running = new Semaphore(concurrencyMax);
    }

    /** @throws IllegalArgumentException if the id is malformed, or served in this mode already */
    void serve(BranchType type, String resourceId, BranchEnds ends) {
        if (resourceId.isBlank() || resourceId.indexOf(',') >= 0) {
            throw new IllegalArgumentException("resourceId: '" + resourceId + "' is blank or has a comma");
        }
        if (served.putIfAbsent(new Resource(type, resourceId), ends) != null) {
            throw new IllegalArgumentException("resourceId: '" + resourceId + "' is registered already");
        }
    }

    void release(BranchType type, String resourceId) {
        served.remove(new Resource(type, resourceId));
    }

    /** As the wire wants them: separated by commas. */
    String resourceIds() {
        return served.keySet().stream().map(Resource::id).distinct().collect(Collectors.joining(","));
    }

    @Override
    public void accept(BranchEndRequest request, Reply reply) {
        if (closed || !waiting.tryAcquire()) {
            reply.send(
                    failed(request, closed ? "this process is closing" : "too many phase-two calls are waiting here"));
            return;
        }
        Thread.ofVirtual().name("plinth-phase-two-" + request.branchId()).start(() -> {
            try {
                reply.send(end(request));
            } finally {
                waiting.release();
            }
        });
    }

    @Override
    public void accept(UndoLogDeleteRequest request) {
        BranchEnds ends = served.get(new Resource(request.branchType(), request.resourceId()));
        if (ends == null || closed || !waiting.tryAcquire()) {
            return;
        }
        Thread.ofVirtual().name("plinth-old-undo-records").start(() -> {
            try {
                ends.deleteOld(request.saveDays());
            } catch (Exception e) {
                LOG.log(
                        Level.WARNING,
                        "old records could not be deleted; the coordinator will ask again: " + request,
                        e);
            } finally {
                waiting.release();
            }
        });
    }

    private Response end(BranchEndRequest request) {
        running.acquireUninterruptibly();
        try {
            BranchEnds ends = served.get(new Resource(request.branchType(), request.resourceId()));
            if (ends == null) {
                return failed(
                        request, "nothing serves '" + request.resourceId() + "' here in mode " + request.branchType());
            }
            BranchEnds.Branch branch = new BranchEnds.Branch(
                    request.xid(), request.branchId(), request.resourceId(), request.applicationData());
            return switch (request) {
                case BranchCommitRequest commit -> {
                    BranchEnds.End end = ends.commit(branch);
                    yield answer(commit, result(end, BranchStatus.PHASE_TWO_COMMITTED), end.status());
                }
                case BranchRollbackRequest rollback -> {
                    BranchEnds.End end = ends.rollback(branch);
                    yield answer(rollback, result(end, BranchStatus.PHASE_TWO_ROLLBACKED), end.status());
                }
            };
        } catch (Throwable e) { // an Error of the action must not leave the coordinator without an answer
            LOG.log(Level.WARNING, "phase two failed; the coordinator will try again: " + request, e);
            return failed(request, e.toString());
        } finally {
            running.release();
        }
    }

    /* The status decides, in Seata's server as in ours; the words go with a failure, for a success has no place for them. */
    private static Result result(BranchEnds.End end, BranchStatus good) {
        return end.status() == good || end.why().isEmpty()
                ? Result.ok()
                : Result.failed(TransactionExceptionCode.UNKNOWN, end.why());
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
