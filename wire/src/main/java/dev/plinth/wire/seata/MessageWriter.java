package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataMessage.BranchEndRequest;
import dev.plinth.wire.seata.SeataMessage.BranchEndResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalEndResponse;
import dev.plinth.wire.seata.SeataMessage.Request;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import java.util.List;

/** Writes a message: its type code, then its fields in Seata's order. The counterpart of {@link MessageReader}. */
final class MessageWriter {
    private final FieldWriter out;

    private MessageWriter(FieldWriter out) {
        this.out = out;
    }

    static void write(SeataMessage message, FieldWriter out) {
        new MessageWriter(out).write(message);
    }

    private void write(SeataMessage message) {
        switch (message) {
            case Request request -> request(request);
            case Response response -> response(response);
            case BranchEndRequest request -> branchEndRequest(request);
            case SeataMessage.UndoLogDeleteRequest m -> {
                out.int16(TypeCode.UNDO_LOG_DELETE);
                out.int8(m.branchType().code());
                out.text("resourceId", m.resourceId());
                out.int16(m.saveDays());
            }
            case SeataMessage.RegisterTMRequest m -> {
                out.int16(TypeCode.REGISTER_TM);
                identity(m.version(), m.applicationId(), m.transactionServiceGroup(), m.extraData());
            }
            case SeataMessage.RegisterRMRequest m -> {
                out.int16(TypeCode.REGISTER_RM);
                identity(m.version(), m.applicationId(), m.transactionServiceGroup(), m.extraData());
                out.longText(m.resourceIds());
            }
            case SeataMessage.MergedRequest m -> many(TypeCode.MERGED, m.messages(), m.ids());
            case SeataMessage.MergedResponse m -> many(TypeCode.MERGED_RESULT, m.messages(), List.of());
            case SeataMessage.BatchResponse m -> many(TypeCode.BATCH_RESULT, m.messages(), m.ids());
            case SeataMessage.Heartbeat heartbeat -> throw new IllegalStateException(heartbeat + " has no body");
        }
    }

    private void request(Request request) {
        switch (request) {
            case SeataMessage.GlobalBeginRequest m -> {
                out.int16(TypeCode.GLOBAL_BEGIN);
                out.int32(m.timeoutMillis());
                out.text("transactionName", m.transactionName());
            }
            case SeataMessage.GlobalCommitRequest m -> globalEnd(TypeCode.GLOBAL_COMMIT, m.xid(), m.extraData());
            case SeataMessage.GlobalRollbackRequest m -> globalEnd(TypeCode.GLOBAL_ROLLBACK, m.xid(), m.extraData());
            case SeataMessage.GlobalStatusRequest m -> globalEnd(TypeCode.GLOBAL_STATUS, m.xid(), m.extraData());
            case SeataMessage.GlobalReportRequest m -> {
                globalEnd(TypeCode.GLOBAL_REPORT, m.xid(), m.extraData());
                out.int8(m.globalStatus().code());
            }
            case SeataMessage.BranchRegisterRequest m -> {
                out.int16(TypeCode.BRANCH_REGISTER);
                locks(m.xid(), m.branchType(), m.resourceId(), m.lockKey(), m.applicationData());
            }
            case SeataMessage.GlobalLockQueryRequest m -> {
                out.int16(TypeCode.GLOBAL_LOCK_QUERY);
                locks(m.xid(), m.branchType(), m.resourceId(), m.lockKey(), m.applicationData());
            }
            case SeataMessage.BranchReportRequest m -> {
                out.int16(TypeCode.BRANCH_REPORT);
                out.text("xid", m.xid());
                out.int64(m.branchId());
                out.int8(m.status().code());
                out.text("resourceId", m.resourceId());
                out.longText(m.applicationData());
                out.int8(m.branchType().code());
            }
        }
    }

    private void response(Response response) {
        switch (response) {
            case SeataMessage.GlobalBeginResponse m -> {
                out.int16(TypeCode.GLOBAL_BEGIN_RESULT);
                result(m.result());
                out.text("xid", m.xid());
                out.text("extraData", m.extraData());
            }
            case GlobalEndResponse m -> {
                out.int16(globalEndResult(m));
                result(m.result());
                out.int8(m.globalStatus().code());
            }
            case SeataMessage.BranchRegisterResponse m -> {
                out.int16(TypeCode.BRANCH_REGISTER_RESULT);
                result(m.result());
                out.int64(m.branchId());
            }
            case SeataMessage.BranchReportResponse m -> {
                out.int16(TypeCode.BRANCH_REPORT_RESULT);
                result(m.result());
            }
            case SeataMessage.GlobalLockQueryResponse m -> {
                out.int16(TypeCode.GLOBAL_LOCK_QUERY_RESULT);
                result(m.result());
                out.int16(m.lockable() ? 1 : 0);
            }
            case BranchEndResponse m -> {
                out.int16(branchEndResult(m));
                result(m.result());
                out.text("xid", m.xid());
                out.int64(m.branchId());
                out.int8(m.branchStatus().code());
            }
            case SeataMessage.RegisterTMResponse m ->
                identified(TypeCode.REGISTER_TM_RESULT, m.identified(), m.version());
            case SeataMessage.RegisterRMResponse m ->
                identified(TypeCode.REGISTER_RM_RESULT, m.identified(), m.version());
        }
    }

    static int globalEndResult(GlobalEndResponse response) {
        return switch (response) {
            case SeataMessage.GlobalCommitResponse ignored -> TypeCode.GLOBAL_COMMIT_RESULT;
            case SeataMessage.GlobalRollbackResponse ignored -> TypeCode.GLOBAL_ROLLBACK_RESULT;
            case SeataMessage.GlobalStatusResponse ignored -> TypeCode.GLOBAL_STATUS_RESULT;
            case SeataMessage.GlobalReportResponse ignored -> TypeCode.GLOBAL_REPORT_RESULT;
        };
    }

    static int branchEndResult(BranchEndResponse response) {
        return switch (response) {
            case SeataMessage.BranchCommitResponse ignored -> TypeCode.BRANCH_COMMIT_RESULT;
            case SeataMessage.BranchRollbackResponse ignored -> TypeCode.BRANCH_ROLLBACK_RESULT;
        };
    }

    static int branchEnd(BranchEndRequest request) {
        return switch (request) {
            case SeataMessage.BranchCommitRequest ignored -> TypeCode.BRANCH_COMMIT;
            case SeataMessage.BranchRollbackRequest ignored -> TypeCode.BRANCH_ROLLBACK;
        };
    }

    private void branchEndRequest(BranchEndRequest request) {
        out.int16(branchEnd(request));
        out.text("xid", request.xid());
        out.int64(request.branchId());
        out.int8(request.branchType().code());
        out.text("resourceId", request.resourceId());
        out.longText(request.applicationData());
    }

    private void globalEnd(int typeCode, String xid, String extraData) {
        out.int16(typeCode);
        out.text("xid", xid);
        out.text("extraData", extraData);
    }

    private void locks(String xid, BranchType branchType, String resourceId, String lockKey, String applicationData) {
        out.text("xid", xid);
        out.int8(branchType.code());
        out.text("resourceId", resourceId);
        out.longText(lockKey);
        out.longText(applicationData);
    }

    private void identity(String version, String applicationId, String transactionServiceGroup, String extraData) {
        out.text("version", version);
        out.text("applicationId", applicationId);
        out.text("transactionServiceGroup", transactionServiceGroup);
        out.text("extraData", extraData);
    }

    private void identified(int typeCode, boolean identified, String version) {
        out.int16(typeCode);
        out.int8(identified ? 1 : 0);
        out.text("version", version);
    }

    private void result(Result result) {
        out.int8(result.success() ? 1 : 0);
        if (!result.success()) {
            out.cutText(result.message());
        }
        out.int8(result.code().code());
    }

    private void many(int typeCode, List<? extends SeataMessage> messages, List<Integer> ids) {
        out.int16(typeCode);
        out.part(() -> {
            out.int16(messages.size());
            messages.forEach(this::write);
            ids.forEach(out::int32);
        });
    }
}
