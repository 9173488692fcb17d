package dev.plinth.transactions.door.seata;

import dev.plinth.kernel.Refused;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.LockKey;
import dev.plinth.transactions.Outcome;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.LockWait;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterResponse;
import dev.plinth.wire.seata.SeataMessage.BranchReportRequest;
import dev.plinth.wire.seata.SeataMessage.BranchReportResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalLockQueryRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalLockQueryResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalReportRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalReportResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalRollbackRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalRollbackResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalStatusRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalStatusResponse;
import dev.plinth.wire.seata.SeataMessage.Request;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Turns what clients ask into the coordinator's commands, and what came of it into answers in Seata's words. */
final class ClientRequests {
    /*
     * The texts are those of Seata's server where it has one, in its wrapping "TransactionException[…]", because people search for
     * them. An answer's future fails only where no answer is the answer: see the package's text on decisions.
     */
    /** What AT says of a branch whose local transaction goes on, and keeps its local locks, while it waits for global ones. */
    private static final Pattern NO_AUTO_COMMIT = Pattern.compile("\"autoCommit\"\\s*:\\s*false");

    /** An id that no transaction gets: ids start with the millisecond of their begin. */
    private static final TransactionId NOBODY = new TransactionId(1);

    private final Coordinator coordinator;
    private final Function<TransactionId, Xid> xids;
    private final String xidAddress;
    private final Predicate<String> served;

    /**
     * @param xidAddress host and port in the XIDs that begin here
     * @param served whether a client that is connected here serves a resource
     */
    ClientRequests(
            Coordinator coordinator, Function<TransactionId, Xid> xids, String xidAddress, Predicate<String> served) {
        this.coordinator = coordinator;
        this.xids = xids;
        this.xidAddress = xidAddress;
        this.served = served;
    }

    /** Asks the coordinator. The future fails, with {@link Refused}, only if it is a decision that did not become durable. */
    CompletableFuture<Response> ask(Request request, Client client) {
        return switch (request) {
            case GlobalBeginRequest begin -> begin(begin, client);
            case GlobalCommitRequest commit ->
                decision(
                        commit.xid(),
                        id -> coordinator.commitAndAwait(id, Coordinator.PHASE_TWO_WAIT_DEFAULT),
                        GlobalCommitResponse::new);
            case GlobalRollbackRequest rollback ->
                decision(
                        rollback.xid(),
                        id -> coordinator.rollbackAndAwait(id, Coordinator.PHASE_TWO_WAIT_DEFAULT),
                        GlobalRollbackResponse::new);
            case GlobalStatusRequest status -> status(status);
            case GlobalReportRequest report -> report(report);
            case BranchRegisterRequest register -> register(register, client);
            case BranchReportRequest report -> report(report);
            case GlobalLockQueryRequest query -> query(query);
        };
    }

    /** The answer to a request that there is no room for; it fails for a decision. */
    static CompletableFuture<Response> refuse(Request request, Refused reason) {
        return switch (request) {
            case GlobalCommitRequest _, GlobalRollbackRequest _ -> CompletableFuture.failedFuture(reason);
            case GlobalBeginRequest _ -> done(new GlobalBeginResponse(notStored("global begin", reason), "", ""));
            case GlobalStatusRequest _ ->
                done(new GlobalStatusResponse(notStored("global status", reason), GlobalStatus.UNKNOWN));
            case GlobalReportRequest _ ->
                done(new GlobalReportResponse(notStored("global report", reason), GlobalStatus.UNKNOWN));
            case BranchRegisterRequest _ -> done(new BranchRegisterResponse(notStored("branch register", reason), 0));
            case BranchReportRequest _ -> done(new BranchReportResponse(notStored("branch report", reason)));
            case GlobalLockQueryRequest _ ->
                done(new GlobalLockQueryResponse(notStored("global lock query", reason), false));
        };
    }

    private CompletableFuture<Response> begin(GlobalBeginRequest request, Client client) {
        Command.Begin begin;
        try {
            begin = new Command.Begin(
                    request.transactionName(),
                    Duration.ofMillis(request.timeoutMillis()),
                    client.applicationId(),
                    client.serviceGroup(),
                    xidAddress);
        } catch (IllegalArgumentException e) {
            return done(new GlobalBeginResponse(failed(TransactionExceptionCode.BEGIN_FAILED, words(e)), "", ""));
        }
        return answer(
                request,
                coordinator.begin(begin),
                id -> new GlobalBeginResponse(Result.ok(), xids.apply(id).toString(), ""));
    }

    private static CompletableFuture<Response> decision(
            String xid,
            Function<TransactionId, CompletableFuture<GlobalStatus>> decide,
            BiFunction<Result, GlobalStatus, Response> answer) {
        return about(
                xid,
                refusal -> answer.apply(refusal, GlobalStatus.FINISHED),
                id -> decide.apply(id).thenApply(status -> answer.apply(Result.ok(), status)));
    }

    private CompletableFuture<Response> status(GlobalStatusRequest request) {
        return about(
                request.xid(),
                refusal -> new GlobalStatusResponse(refusal, GlobalStatus.FINISHED),
                id -> answer(request, coordinator.status(id), status -> new GlobalStatusResponse(Result.ok(), status)));
    }

    private CompletableFuture<Response> report(GlobalReportRequest request) {
        return about(
                request.xid(),
                refusal -> new GlobalReportResponse(refusal, GlobalStatus.FINISHED),
                id -> answer(
                        request,
                        coordinator.reportGlobal(id, request.globalStatus()),
                        status -> new GlobalReportResponse(Result.ok(), status)));
    }

    private CompletableFuture<Response> register(BranchRegisterRequest request, Client client) {
        return about(request.xid(), refusal -> new BranchRegisterResponse(refusal, 0), id -> {
            // A Saga's steps are resources of nobody: its engine is asked about the whole.
            if (request.branchType() != BranchType.SAGA && !served.test(request.resourceId())) {
                return done(new BranchRegisterResponse(unknownResource(request.resourceId()), 0));
            }
            var wait = LockWait.of(request.applicationData());
            Command.RegisterBranch register;
            try {
                register = new Command.RegisterBranch(
                        id,
                        request.branchType(),
                        request.resourceId(),
                        client.id(),
                        wait.isZero() ? request.applicationData() : "",
                        LockKey.parse(request.lockKey()),
                        Xid.parse(request.xid()).address(),
                        !NO_AUTO_COMMIT.matcher(request.applicationData()).find());
            } catch (IllegalArgumentException e) {
                return done(new BranchRegisterResponse(
                        failed(TransactionExceptionCode.BRANCH_REGISTER_FAILED, words(e)), 0));
            }
            return answer(
                    request,
                    coordinator.register(register, wait, client.serviceGroup()),
                    outcome -> registered(outcome, request.xid()));
        });
    }

    private BranchRegisterResponse registered(Outcome.OfRegister outcome, String xid) {
        return switch (outcome) {
            case Outcome.Registered(long branchId) -> new BranchRegisterResponse(Result.ok(), branchId);
            case Outcome.LockConflict conflict ->
                new BranchRegisterResponse(
                        failed(
                                conflict.failFast()
                                        ? TransactionExceptionCode.LOCK_KEY_CONFLICT_FAIL_FAST
                                        : TransactionExceptionCode.LOCK_KEY_CONFLICT,
                                "Global lock acquire failed xid = " + xid + ": "
                                        + conflict.key().table() + ":"
                                        + conflict.key().primaryKey() + " of "
                                        + conflict.resourceId() + " is held by " + xids.apply(conflict.holder())
                                        + (conflict.failFast() ? ", which is rolling back" : "")),
                        0);
            case Outcome.NotActive(var _, GlobalStatus status) ->
                new BranchRegisterResponse(
                        failed(
                                TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_ACTIVE,
                                "Could not register branch into global session xid = " + xid + " status = " + status
                                        + ", cause by globalSession not active"),
                        0);
            case Outcome.NotFound _ -> new BranchRegisterResponse(noSuchTransaction(notFound(xid)), 0);
            case Outcome.Overloaded _ ->
                throw new IllegalStateException("the coordinator hands no overload out: " + outcome);
        };
    }

    private CompletableFuture<Response> report(BranchReportRequest request) {
        return about(request.xid(), BranchReportResponse::new, id -> {
            Command.ReportBranch report;
            try {
                report = new Command.ReportBranch(id, request.branchId(), request.status(), request.applicationData());
            } catch (IllegalArgumentException e) {
                return done(new BranchReportResponse(failed(TransactionExceptionCode.BRANCH_REPORT_FAILED, words(e))));
            }
            return answer(
                    request,
                    coordinator.report(report),
                    outcome -> new BranchReportResponse(reported(outcome, request)));
        });
    }

    private static Result reported(Outcome.OfReport outcome, BranchReportRequest request) {
        return switch (outcome) {
            case Outcome.Reported _ -> Result.ok();
            case Outcome.NotFound _ -> noSuchTransaction(notFound(request.xid()));
            case Outcome.BranchNotFound _ ->
                failed(
                        TransactionExceptionCode.BRANCH_TRANSACTION_NOT_EXIST,
                        "Could not found branch session xid = " + request.xid() + " branchId = " + request.branchId());
            case Outcome.Overloaded _ ->
                throw new IllegalStateException("the coordinator hands no overload out: " + outcome);
        };
    }

    private CompletableFuture<Response> query(GlobalLockQueryRequest request) {
        List<LockKey> lockKeys;
        try {
            lockKeys = LockKey.parse(request.lockKey());
        } catch (IllegalArgumentException e) {
            return done(new GlobalLockQueryResponse(
                    failed(TransactionExceptionCode.LOCKABLE_CHECK_FAILED, words(e)), false));
        }
        if (request.xid().isEmpty()) {
            // A change outside of any transaction that only waits for locks (Seata's @GlobalLock): it holds none
            // itself.
            return query(request, NOBODY, lockKeys);
        }
        return about(
                request.xid(),
                refusal -> new GlobalLockQueryResponse(refusal, false),
                id -> query(request, id, lockKeys));
    }

    private CompletableFuture<Response> query(
            GlobalLockQueryRequest request, TransactionId asker, List<LockKey> lockKeys) {
        return answer(
                request,
                coordinator.lockable(asker, request.resourceId(), lockKeys),
                lockable -> new GlobalLockQueryResponse(Result.ok(), lockable));
    }

    /** Asks about the transaction that an XID names; one that is no XID names none. */
    private static CompletableFuture<Response> about(
            String xid, Function<Result, Response> refused, Function<TransactionId, CompletableFuture<Response>> ask) {
        TransactionId id;
        try {
            id = Xid.parse(xid).id();
        } catch (IllegalArgumentException e) {
            return done(refused.apply(noSuchTransaction(words(e))));
        }
        return ask.apply(id);
    }

    private static <T> CompletableFuture<Response> answer(
            Request request, CompletableFuture<T> outcome, Function<T, Response> translate) {
        return outcome.thenApply(translate).exceptionallyCompose(failure -> refuse(request, refusal(failure)));
    }

    /** The coordinator's futures fail with nothing else; anything else is a fault of ours, and must not look like an answer. */
    static Refused refusal(Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        if (cause instanceof Refused refused) {
            return refused;
        }
        throw new CompletionException(cause);
    }

    private static CompletableFuture<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private static Result notStored(String what, Refused reason) {
        String hint = reason.retryAfter()
                .map(after -> "; try again in " + after.toMillis() + " ms")
                .orElse("");
        return failed(
                TransactionExceptionCode.FAILED_STORE, what + " request failed. msg=" + reason.getMessage() + hint);
    }

    /** Nobody could be asked to commit or undo it: Seata takes it, and asks in vain for ever. */
    private static Result unknownResource(String resourceId) {
        return failed(
                TransactionExceptionCode.BRANCH_REGISTER_FAILED,
                "resource '" + resourceId
                        + "' is unknown: no client that is connected here serves it, so nobody could be asked to"
                        + " commit or roll back; register it as a resource manager (RegisterRM) before its first branch");
    }

    private static Result noSuchTransaction(String why) {
        return failed(TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST, why);
    }

    private static String notFound(String xid) {
        return "Could not found global transaction xid = " + xid + ", may be has finished.";
    }

    private static String words(IllegalArgumentException e) {
        return String.valueOf(e.getMessage());
    }

    private static Result failed(TransactionExceptionCode code, String message) {
        return Result.failed(code, "TransactionException[" + message + "]");
    }
}
