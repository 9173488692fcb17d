package dev.plinth.wire.seata;

import com.google.protobuf.Any;
import com.google.protobuf.MessageLite;
import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataMessage.BranchEndRequest;
import dev.plinth.wire.seata.SeataMessage.BranchEndResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalEndResponse;
import dev.plinth.wire.seata.SeataMessage.Request;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.protobuf.SeataProtobuf;
import java.util.List;

/** Makes protobuf of messages, as Seata's own serializer makes it. The counterpart of {@link ProtobufReader}. */
final class ProtobufWriter {
    /*
     * The .proto files were not kept up with Seata: newer statuses and exception codes are missing, and Seata's client throws the
     * whole answer away when it meets a number that its file lacks. So what the file lacks is written as the nearest that it has.
     */
    private static final String TYPE_URL = "type.googleapis.com/";

    private ProtobufWriter() {}

    static String name(SeataMessage message) {
        return switch (message) {
            case SeataMessage.MergedRequest ignored -> "MergedWarpMessage";
            case SeataMessage.MergedResponse ignored -> "MergedResultMessage";
            case SeataMessage.BatchResponse ignored -> "BatchResultMessage";
            default -> message.getClass().getSimpleName();
        };
    }

    static MessageLite message(SeataMessage message, Serializer serializer) {
        return switch (message) {
            case Request request -> request(request);
            case Response response -> response(response);
            case BranchEndRequest request -> branchEndRequest(request);
            case SeataMessage.UndoLogDeleteRequest m ->
                SeataProtobuf.UndoLogDeleteRequest.newBuilder()
                        .setAbstractTransactionRequest(request(TypeCode.UNDO_LOG_DELETE))
                        .setResourceId(m.resourceId())
                        .setSaveDays(m.saveDays())
                        .setBranchType(m.branchType().code())
                        .build();
            case SeataMessage.RegisterTMRequest m ->
                SeataProtobuf.RegisterTMRequest.newBuilder()
                        .setAbstractIdentifyRequest(identity(
                                TypeCode.REGISTER_TM,
                                m.version(),
                                m.applicationId(),
                                m.transactionServiceGroup(),
                                m.extraData()))
                        .build();
            case SeataMessage.RegisterRMRequest m ->
                SeataProtobuf.RegisterRMRequest.newBuilder()
                        .setAbstractIdentifyRequest(identity(
                                TypeCode.REGISTER_RM,
                                m.version(),
                                m.applicationId(),
                                m.transactionServiceGroup(),
                                m.extraData()))
                        .setResourceIds(m.resourceIds())
                        .build();
            case SeataMessage.MergedRequest m -> many(TypeCode.MERGED, m.messages(), m.ids(), serializer);
            case SeataMessage.MergedResponse m -> many(TypeCode.MERGED_RESULT, m.messages(), List.of(), serializer);
            case SeataMessage.BatchResponse m -> many(TypeCode.BATCH_RESULT, m.messages(), m.ids(), serializer);
            case SeataMessage.Heartbeat heartbeat -> throw new IllegalStateException(heartbeat + " has no body");
        };
    }

    private static MessageLite request(Request request) {
        return switch (request) {
            case SeataMessage.GlobalBeginRequest m ->
                SeataProtobuf.GlobalBeginRequest.newBuilder()
                        .setAbstractTransactionRequest(request(TypeCode.GLOBAL_BEGIN))
                        .setTimeout(m.timeoutMillis())
                        .setTransactionName(m.transactionName())
                        .build();
            case SeataMessage.GlobalCommitRequest m -> globalEnd(TypeCode.GLOBAL_COMMIT, m.xid(), m.extraData());
            case SeataMessage.GlobalRollbackRequest m -> globalEnd(TypeCode.GLOBAL_ROLLBACK, m.xid(), m.extraData());
            case SeataMessage.GlobalStatusRequest m -> globalEnd(TypeCode.GLOBAL_STATUS, m.xid(), m.extraData());
            case SeataMessage.GlobalReportRequest m ->
                SeataProtobuf.GlobalReportRequest.newBuilder()
                        .setAbstractGlobalEndRequest(abstractGlobalEnd(TypeCode.GLOBAL_REPORT, m.xid(), m.extraData()))
                        .setGlobalStatus(known(m.globalStatus()).code())
                        .build();
            case SeataMessage.BranchRegisterRequest m ->
                locks(
                        TypeCode.BRANCH_REGISTER,
                        m.xid(),
                        m.branchType(),
                        m.resourceId(),
                        m.lockKey(),
                        m.applicationData());
            case SeataMessage.GlobalLockQueryRequest m ->
                SeataProtobuf.GlobalLockQueryRequest.newBuilder()
                        .setBranchRegisterRequest(locks(
                                TypeCode.GLOBAL_LOCK_QUERY,
                                m.xid(),
                                m.branchType(),
                                m.resourceId(),
                                m.lockKey(),
                                m.applicationData()))
                        .build();
            case SeataMessage.BranchReportRequest m ->
                SeataProtobuf.BranchReportRequest.newBuilder()
                        .setAbstractTransactionRequest(request(TypeCode.BRANCH_REPORT))
                        .setXid(m.xid())
                        .setBranchId(m.branchId())
                        .setResourceId(m.resourceId())
                        .setStatus(m.status().code())
                        .setApplicationData(m.applicationData())
                        .setBranchType(m.branchType().code())
                        .build();
        };
    }

    private static MessageLite response(Response response) {
        return switch (response) {
            case SeataMessage.GlobalBeginResponse m ->
                SeataProtobuf.GlobalBeginResponse.newBuilder()
                        .setAbstractTransactionResponse(response(TypeCode.GLOBAL_BEGIN_RESULT, m.result()))
                        .setXid(m.xid())
                        .setExtraData(m.extraData())
                        .build();
            case GlobalEndResponse m ->
                SeataProtobuf.GlobalEndResponse.newBuilder()
                        .setAbstractGlobalEndResponse(SeataProtobuf.AbstractGlobalEndResponse.newBuilder()
                                .setAbstractTransactionResponse(response(MessageWriter.globalEndResult(m), m.result()))
                                .setGlobalStatus(known(m.globalStatus()).code()))
                        .build();
            case SeataMessage.BranchRegisterResponse m ->
                SeataProtobuf.BranchRegisterResponse.newBuilder()
                        .setAbstractTransactionResponse(response(TypeCode.BRANCH_REGISTER_RESULT, m.result()))
                        .setBranchId(m.branchId())
                        .build();
            case SeataMessage.BranchReportResponse m ->
                SeataProtobuf.BranchReportResponse.newBuilder()
                        .setAbstractTransactionResponse(response(TypeCode.BRANCH_REPORT_RESULT, m.result()))
                        .build();
            case SeataMessage.GlobalLockQueryResponse m ->
                SeataProtobuf.GlobalLockQueryResponse.newBuilder()
                        .setAbstractTransactionResponse(response(TypeCode.GLOBAL_LOCK_QUERY_RESULT, m.result()))
                        .setLockable(m.lockable())
                        .build();
            case BranchEndResponse m ->
                SeataProtobuf.BranchEndResponse.newBuilder()
                        .setAbstractBranchEndResponse(SeataProtobuf.AbstractBranchEndResponse.newBuilder()
                                .setAbstractTransactionResponse(response(MessageWriter.branchEndResult(m), m.result()))
                                .setXid(m.xid())
                                .setBranchId(m.branchId())
                                .setBranchStatus(m.branchStatus().code()))
                        .build();
            case SeataMessage.RegisterTMResponse m ->
                identified(TypeCode.REGISTER_TM_RESULT, m.identified(), m.version());
            case SeataMessage.RegisterRMResponse m ->
                identified(TypeCode.REGISTER_RM_RESULT, m.identified(), m.version());
        };
    }

    private static MessageLite branchEndRequest(BranchEndRequest request) {
        return SeataProtobuf.BranchEndRequest.newBuilder()
                .setAbstractBranchEndRequest(SeataProtobuf.AbstractBranchEndRequest.newBuilder()
                        .setAbstractTransactionRequest(request(MessageWriter.branchEnd(request)))
                        .setXid(request.xid())
                        .setBranchId(request.branchId())
                        .setBranchType(request.branchType().code())
                        .setResourceId(request.resourceId())
                        .setApplicationData(request.applicationData()))
                .build();
    }

    private static SeataProtobuf.AbstractMessage typed(int typeCode) {
        return SeataProtobuf.AbstractMessage.newBuilder()
                .setMessageType(typeCode)
                .build();
    }

    private static SeataProtobuf.AbstractTransactionRequest request(int typeCode) {
        return SeataProtobuf.AbstractTransactionRequest.newBuilder()
                .setAbstractMessage(typed(typeCode))
                .build();
    }

    private static SeataProtobuf.AbstractTransactionResponse response(int typeCode, Result result) {
        return SeataProtobuf.AbstractTransactionResponse.newBuilder()
                .setAbstractResultMessage(SeataProtobuf.AbstractResultMessage.newBuilder()
                        .setAbstractMessage(typed(typeCode))
                        .setResultCode(result.success() ? 1 : 0)
                        .setMsg(result.message()))
                .setTransactionExceptionCode(ProtobufCodes.code(result.code()))
                .build();
    }

    private static SeataProtobuf.AbstractGlobalEndRequest abstractGlobalEnd(
            int typeCode, String xid, String extraData) {
        return SeataProtobuf.AbstractGlobalEndRequest.newBuilder()
                .setAbstractTransactionRequest(request(typeCode))
                .setXid(xid)
                .setExtraData(extraData)
                .build();
    }

    private static MessageLite globalEnd(int typeCode, String xid, String extraData) {
        return SeataProtobuf.GlobalEndRequest.newBuilder()
                .setAbstractGlobalEndRequest(abstractGlobalEnd(typeCode, xid, extraData))
                .build();
    }

    private static SeataProtobuf.BranchRegisterRequest locks(
            int typeCode,
            String xid,
            BranchType branchType,
            String resourceId,
            String lockKey,
            String applicationData) {
        return SeataProtobuf.BranchRegisterRequest.newBuilder()
                .setAbstractTransactionRequest(request(typeCode))
                .setXid(xid)
                .setBranchType(branchType.code())
                .setResourceId(resourceId)
                .setLockKey(lockKey)
                .setApplicationData(applicationData)
                .build();
    }

    private static SeataProtobuf.AbstractIdentifyRequest identity(
            int typeCode, String version, String applicationId, String transactionServiceGroup, String extraData) {
        return SeataProtobuf.AbstractIdentifyRequest.newBuilder()
                .setAbstractMessage(typed(typeCode))
                .setVersion(version)
                .setApplicationId(applicationId)
                .setTransactionServiceGroup(transactionServiceGroup)
                .setExtraData(extraData)
                .build();
    }

    private static MessageLite identified(int typeCode, boolean identified, String version) {
        return SeataProtobuf.RegisterResponse.newBuilder()
                .setAbstractIdentifyResponse(SeataProtobuf.AbstractIdentifyResponse.newBuilder()
                        .setAbstractResultMessage(SeataProtobuf.AbstractResultMessage.newBuilder()
                                .setAbstractMessage(typed(typeCode))
                                .setResultCode(identified ? 1 : 0))
                        .setVersion(version)
                        .setIdentified(identified))
                .build();
    }

    private static MessageLite many(
            int typeCode, List<? extends SeataMessage> messages, List<Integer> ids, Serializer serializer) {
        var many = SeataProtobuf.ManyMessages.newBuilder().setAbstractMessage(typed(typeCode));
        for (SeataMessage message : messages) {
            many.addMsgs(Any.newBuilder()
                    .setTypeUrl(TYPE_URL + new ProtobufBodies.Name(serializer, name(message)).full())
                    .setValue(message(message, serializer).toByteString()));
        }
        return many.addAllMsgIds(ids).build();
    }

    /** The nearest status that the .proto file has; it ends with {@link GlobalStatus#FINISHED}. */
    private static GlobalStatus known(GlobalStatus status) {
        return switch (status) {
            case COMMIT_RETRY_TIMEOUT -> GlobalStatus.COMMIT_FAILED;
            case ROLLBACK_RETRY_TIMEOUT -> GlobalStatus.ROLLBACK_FAILED;
            case DELETING -> GlobalStatus.FINISHED;
            case STOP_COMMIT_OR_COMMIT_RETRY -> GlobalStatus.COMMIT_RETRYING;
            case STOP_ROLLBACK_OR_ROLLBACK_RETRY -> GlobalStatus.ROLLBACK_RETRYING;
            default -> status;
        };
    }
}
