package dev.plinth.sdk.transactions;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.LockWait;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterResponse;
import dev.plinth.wire.seata.SeataMessage.BranchReportRequest;
import dev.plinth.wire.seata.SeataMessage.BranchReportResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalLockQueryRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalLockQueryResponse;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** {@link Branches} over the Seata wire. */
final class SeataBranches implements Branches {

    private static final Logger LOG = System.getLogger(SeataBranches.class.getName());

    /** The coordinator's reasons that mean: this transaction takes no more branches, for it has ended or is ending. */
    private static final Set<TransactionExceptionCode> TRANSACTION_ENDED = EnumSet.of(
            TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST,
            TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_ACTIVE,
            TransactionExceptionCode.GLOBAL_TRANSACTION_STATUS_INVALID,
            TransactionExceptionCode.TRANSACTION_TIMEOUT);

    private static final Set<TransactionExceptionCode> LOCKED = EnumSet.of(
            TransactionExceptionCode.LOCK_KEY_CONFLICT, TransactionExceptionCode.LOCK_KEY_CONFLICT_FAIL_FAST);

    private final CoordinatorChannel rm;
    private final PhaseTwoCalls calls;
    private final CurrentTransaction current;
    private final Duration requestTimeout;
    private final String sagaResourceId;

    SeataBranches(CoordinatorChannel rm, PhaseTwoCalls calls, CurrentTransaction current, TransactionOptions options) {
        this.rm = rm;
        this.calls = calls;
        this.current = current;
        this.requestTimeout = options.requestTimeout();
        this.sagaResourceId = options.application() + "#" + options.group();
    }

    @Override
    public Optional<String> currentXid() {
        return current.scope().map(CurrentTransaction.Scope::xid);
    }

    @Override
    public Optional<Duration> remaining() {
        return current.scope().flatMap(CurrentTransaction.Scope::begun).map(OpenTransaction::remaining);
    }

    @Override
    public void doom() {
        current.scope().flatMap(CurrentTransaction.Scope::begun).ifPresent(OpenTransaction::setRollbackOnly);
    }

    @Override
    public void serve(BranchType type, String resourceId, BranchEnds ends) {
        calls.serve(type, resourceId, ends);
        rm.registerAgain();
    }

    @Override
    public String sagaResourceId() {
        return sagaResourceId;
    }

    @Override
    public void release(BranchType type, String resourceId) {
        calls.release(type, resourceId);
        rm.registerAgain();
    }

    @Override
    public Registration register(
            String xid, BranchType type, String resourceId, String lockKeys, String applicationData) {
        return register(new BranchRegisterRequest(xid, type, resourceId, lockKeys, applicationData), requestTimeout);
    }

    @Override
    public Registration register(String xid, String resourceId, String lockKeys, Duration wait) {
        return register(
                new BranchRegisterRequest(xid, BranchType.AT, resourceId, lockKeys, LockWait.applicationData(wait)),
                requestTimeout.plus(wait));
    }

    private Registration register(BranchRegisterRequest request, Duration patience) {
        String xid = request.xid();
        Response answer = rm.request(request, patience);
        if (!(answer instanceof BranchRegisterResponse response)) {
            throw PlinthException.ofTransaction(
                    Code.REFUSED, xid, "the coordinator answered a branch's registration with " + answer, null);
        }
        Result result = response.result();
        if (result.success()) {
            return new Registered(response.branchId());
        }
        if (LOCKED.contains(result.code())) {
            return new Locked(result.message());
        }
        Optional<PlinthException> overload = Overload.of(result);
        if (overload.isPresent()) {
            throw overload.get();
        }
        Code code = TRANSACTION_ENDED.contains(result.code()) ? Code.ROLLED_BACK : Code.REFUSED;
        throw PlinthException.ofTransaction(
                code,
                xid,
                "no new branch of '" + request.resourceId() + "': " + result.code() + ", " + result.message(),
                null);
    }

    @Override
    public void report(String xid, long branchId, BranchType type, String resourceId, BranchStatus status) {
        try {
            Response answer =
                    rm.request(new BranchReportRequest(xid, branchId, status, resourceId, "", type), requestTimeout);
            if (!(answer instanceof BranchReportResponse response)
                    || !response.result().success()) {
                LOG.log(Level.DEBUG, "the coordinator did not take the report on branch {0}: {1}", branchId, answer);
            }
        } catch (PlinthException e) {
            LOG.log(Level.DEBUG, "a report on branch " + branchId + " did not arrive", e);
        }
    }

    @Override
    public boolean lockable(String xid, String resourceId, String lockKeys) {
        Response answer =
                rm.request(new GlobalLockQueryRequest(xid, BranchType.AT, resourceId, lockKeys, ""), requestTimeout);
        if (!(answer instanceof GlobalLockQueryResponse response)
                || !response.result().success()) {
            throw new PlinthException(Code.REFUSED, "the coordinator answered a query of locks with " + answer);
        }
        return response.lockable();
    }
}
