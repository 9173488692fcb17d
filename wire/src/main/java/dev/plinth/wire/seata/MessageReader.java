package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataFormatException.Code;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import java.util.ArrayList;
import java.util.List;

/** Reads a message: its type code, then its fields in Seata's order. The counterpart of {@link MessageWriter}. */
final class MessageReader {
    private final FieldReader in;

    private MessageReader(FieldReader in) {
        this.in = in;
    }

    static SeataMessage read(FieldReader in) {
        return new MessageReader(in).read(true);
    }

    /** Reads the fields of a message whose type code is known. */
    static SeataMessage read(int typeCode, FieldReader in) {
        return new MessageReader(in).read(typeCode, true);
    }

    /** @param whole true if the message may hold others, false if it is one of those */
    private SeataMessage read(boolean whole) {
        in.enter("");
        return read(in.int16("the message's type code"), whole);
    }

    private SeataMessage read(int typeCode, boolean whole) {
        in.enter("message of type " + typeCode);
        return switch (typeCode) {
            case TypeCode.GLOBAL_BEGIN ->
                new SeataMessage.GlobalBeginRequest(in.int32("timeout"), in.text("transactionName"));
            case TypeCode.GLOBAL_BEGIN_RESULT ->
                new SeataMessage.GlobalBeginResponse(result(), in.text("xid"), in.text("extraData"));
            case TypeCode.BRANCH_COMMIT ->
                new SeataMessage.BranchCommitRequest(
                        in.text("xid"),
                        in.int64("branchId"),
                        in.branchType("branchType"),
                        in.text("resourceId"),
                        in.longText("applicationData"));
            case TypeCode.BRANCH_COMMIT_RESULT ->
                new SeataMessage.BranchCommitResponse(
                        result(), in.text("xid"), in.int64("branchId"), in.branchStatus("branchStatus"));
            case TypeCode.BRANCH_ROLLBACK ->
                new SeataMessage.BranchRollbackRequest(
                        in.text("xid"),
                        in.int64("branchId"),
                        in.branchType("branchType"),
                        in.text("resourceId"),
                        in.longText("applicationData"));
            case TypeCode.BRANCH_ROLLBACK_RESULT ->
                new SeataMessage.BranchRollbackResponse(
                        result(), in.text("xid"), in.int64("branchId"), in.branchStatus("branchStatus"));
            case TypeCode.GLOBAL_COMMIT -> new SeataMessage.GlobalCommitRequest(in.text("xid"), in.text("extraData"));
            case TypeCode.GLOBAL_COMMIT_RESULT ->
                new SeataMessage.GlobalCommitResponse(result(), in.globalStatus("globalStatus"));
            case TypeCode.GLOBAL_ROLLBACK ->
                new SeataMessage.GlobalRollbackRequest(in.text("xid"), in.text("extraData"));
            case TypeCode.GLOBAL_ROLLBACK_RESULT ->
                new SeataMessage.GlobalRollbackResponse(result(), in.globalStatus("globalStatus"));
            case TypeCode.BRANCH_REGISTER ->
                new SeataMessage.BranchRegisterRequest(
                        in.text("xid"),
                        in.branchType("branchType"),
                        in.text("resourceId"),
                        in.longText("lockKey"),
                        in.longText("applicationData"));
            case TypeCode.BRANCH_REGISTER_RESULT ->
                new SeataMessage.BranchRegisterResponse(result(), in.int64("branchId"));
            case TypeCode.BRANCH_REPORT ->
                new SeataMessage.BranchReportRequest(
                        in.text("xid"),
                        in.int64("branchId"),
                        in.branchStatus("status"),
                        in.text("resourceId"),
                        in.longText("applicationData"),
                        in.branchType("branchType"));
            case TypeCode.BRANCH_REPORT_RESULT -> new SeataMessage.BranchReportResponse(result());
            case TypeCode.GLOBAL_STATUS -> new SeataMessage.GlobalStatusRequest(in.text("xid"), in.text("extraData"));
            case TypeCode.GLOBAL_STATUS_RESULT ->
                new SeataMessage.GlobalStatusResponse(result(), in.globalStatus("globalStatus"));
            case TypeCode.GLOBAL_REPORT ->
                new SeataMessage.GlobalReportRequest(
                        in.text("xid"), in.text("extraData"), in.globalStatusIfAny("globalStatus"));
            case TypeCode.GLOBAL_REPORT_RESULT ->
                new SeataMessage.GlobalReportResponse(result(), in.globalStatus("globalStatus"));
            case TypeCode.GLOBAL_LOCK_QUERY ->
                new SeataMessage.GlobalLockQueryRequest(
                        in.text("xid"),
                        in.branchType("branchType"),
                        in.text("resourceId"),
                        in.longText("lockKey"),
                        in.longText("applicationData"));
            case TypeCode.GLOBAL_LOCK_QUERY_RESULT ->
                new SeataMessage.GlobalLockQueryResponse(result(), in.int16("lockable") == 1);
            case TypeCode.REGISTER_TM ->
                new SeataMessage.RegisterTMRequest(
                        in.text("version"),
                        in.text("applicationId"),
                        in.text("transactionServiceGroup"),
                        in.text("extraData"));
            case TypeCode.REGISTER_TM_RESULT ->
                new SeataMessage.RegisterTMResponse(in.int8("identified") == 1, in.text("version"));
            case TypeCode.REGISTER_RM ->
                new SeataMessage.RegisterRMRequest(
                        in.text("version"),
                        in.text("applicationId"),
                        in.text("transactionServiceGroup"),
                        in.text("extraData"),
                        in.longText("resourceIds"));
            case TypeCode.REGISTER_RM_RESULT ->
                new SeataMessage.RegisterRMResponse(in.int8("identified") == 1, in.text("version"));
            case TypeCode.UNDO_LOG_DELETE ->
                new SeataMessage.UndoLogDeleteRequest(
                        in.branchType("branchType"), in.text("resourceId"), in.int16("saveDays"));
            case TypeCode.MERGED, TypeCode.MERGED_RESULT, TypeCode.BATCH_RESULT -> {
                if (!whole) {
                    throw in.fault(Code.TYPE, "a merged message holds another one, of type " + typeCode);
                }
                FieldReader parts = in.part("the merged messages", in.int32("the length of the merged messages"));
                yield new MessageReader(parts).many(typeCode);
            }
            default -> throw in.fault(Code.TYPE, "unknown type code of a message: " + typeCode);
        };
    }

    private SeataMessage many(int typeCode) {
        int count = in.int16("the number of messages");
        if (count < 0) {
            throw in.fault("the number of messages", "is " + count);
        }
        List<SeataMessage> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(read(false));
        }
        in.enter("message of type " + typeCode);
        return switch (typeCode) {
            // Clients before 0.9 sent no ids.
            case TypeCode.MERGED -> new SeataMessage.MergedRequest(messages, in.hasMore() ? ids(count) : List.of());
            case TypeCode.MERGED_RESULT -> new SeataMessage.MergedResponse(responses(messages));
            default -> new SeataMessage.BatchResponse(responses(messages), ids(count));
        };
    }

    private List<Integer> ids(int count) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(in.int32("the id of a message"));
        }
        return ids;
    }

    private List<Response> responses(List<SeataMessage> messages) {
        List<Response> responses = new ArrayList<>();
        for (SeataMessage message : messages) {
            if (!(message instanceof Response response)) {
                throw in.fault(
                        Code.TYPE, "answers hold no " + message.getClass().getSimpleName());
            }
            responses.add(response);
        }
        return responses;
    }

    private Result result() {
        byte code = in.int8("resultCode");
        return switch (code) {
            case 0 -> {
                String message = in.text("msg");
                yield Result.failed(in.exceptionCode("transactionExceptionCode"), message);
            }
            case 1 -> new Result(true, "", in.exceptionCode("transactionExceptionCode"));
            default -> throw in.fault("resultCode", "is " + code + "; known are 0 (failed) and 1 (success)");
        };
    }
}
