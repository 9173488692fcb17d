package dev.plinth.wire.seata;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.wire.seata.SeataFormatException.Code;
import dev.plinth.wire.seata.SeataMessage.Response;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.protobuf.SeataProtobuf;
import java.util.ArrayList;
import java.util.List;

/** Makes messages of protobuf. The counterpart of {@link ProtobufWriter}. */
final class ProtobufReader {
    private static final BranchType[] BRANCH_TYPES = BranchType.values();
    private static final BranchStatus[] BRANCH_STATUSES = BranchStatus.values();
    private static final GlobalStatus[] GLOBAL_STATUSES = GlobalStatus.values();

    private final String name;
    private final int requestId;

    private ProtobufReader(String name, int requestId) {
        this.name = name;
        this.requestId = requestId;
    }

    /**
     * @param name without package and suffix
     * @param whole true if the message may hold others, false if it is one of those
     */
    static SeataMessage read(String name, byte[] bytes, int requestId, boolean whole)
            throws InvalidProtocolBufferException {
        return new ProtobufReader(name, requestId).read(bytes, whole);
    }

    private SeataMessage read(byte[] bytes, boolean whole) throws InvalidProtocolBufferException {
        return switch (name) {
            case "GlobalBeginRequest" -> {
                var m = SeataProtobuf.GlobalBeginRequest.parseFrom(bytes);
                yield new SeataMessage.GlobalBeginRequest(m.getTimeout(), m.getTransactionName());
            }
            case "GlobalBeginResponse" -> {
                var m = SeataProtobuf.GlobalBeginResponse.parseFrom(bytes);
                yield new SeataMessage.GlobalBeginResponse(
                        result(m.getAbstractTransactionResponse()), m.getXid(), m.getExtraData());
            }
            case "GlobalCommitRequest" -> {
                var m = globalEnd(bytes);
                yield new SeataMessage.GlobalCommitRequest(m.getXid(), m.getExtraData());
            }
            case "GlobalRollbackRequest" -> {
                var m = globalEnd(bytes);
                yield new SeataMessage.GlobalRollbackRequest(m.getXid(), m.getExtraData());
            }
            case "GlobalStatusRequest" -> {
                var m = globalEnd(bytes);
                yield new SeataMessage.GlobalStatusRequest(m.getXid(), m.getExtraData());
            }
            case "GlobalReportRequest" -> {
                var m = SeataProtobuf.GlobalReportRequest.parseFrom(bytes);
                var end = m.getAbstractGlobalEndRequest();
                yield new SeataMessage.GlobalReportRequest(
                        end.getXid(),
                        end.getExtraData(),
                        constant("globalStatus", GLOBAL_STATUSES, m.getGlobalStatus()));
            }
            case "GlobalCommitResponse" -> {
                var m = globalEnded(bytes);
                yield new SeataMessage.GlobalCommitResponse(result(m), globalStatus(m));
            }
            case "GlobalRollbackResponse" -> {
                var m = globalEnded(bytes);
                yield new SeataMessage.GlobalRollbackResponse(result(m), globalStatus(m));
            }
            case "GlobalStatusResponse" -> {
                var m = globalEnded(bytes);
                yield new SeataMessage.GlobalStatusResponse(result(m), globalStatus(m));
            }
            case "GlobalReportResponse" -> {
                var m = globalEnded(bytes);
                yield new SeataMessage.GlobalReportResponse(result(m), globalStatus(m));
            }
            case "MergedWarpMessage", "MergedResultMessage", "BatchResultMessage" -> many(bytes, whole);
            default -> branch(bytes);
        };
    }

    private SeataMessage branch(byte[] bytes) throws InvalidProtocolBufferException {
        return switch (name) {
            case "BranchRegisterRequest" -> {
                var m = SeataProtobuf.BranchRegisterRequest.parseFrom(bytes);
                yield new SeataMessage.BranchRegisterRequest(
                        m.getXid(),
                        branchType(m.getBranchType()),
                        m.getResourceId(),
                        m.getLockKey(),
                        m.getApplicationData());
            }
            case "BranchRegisterResponse" -> {
                var m = SeataProtobuf.BranchRegisterResponse.parseFrom(bytes);
                yield new SeataMessage.BranchRegisterResponse(
                        result(m.getAbstractTransactionResponse()), m.getBranchId());
            }
            case "BranchReportRequest" -> {
                var m = SeataProtobuf.BranchReportRequest.parseFrom(bytes);
                yield new SeataMessage.BranchReportRequest(
                        m.getXid(),
                        m.getBranchId(),
                        constant("status", BRANCH_STATUSES, m.getStatus()),
                        m.getResourceId(),
                        m.getApplicationData(),
                        branchType(m.getBranchType()));
            }
            case "BranchReportResponse" ->
                new SeataMessage.BranchReportResponse(result(
                        SeataProtobuf.BranchReportResponse.parseFrom(bytes).getAbstractTransactionResponse()));
            case "GlobalLockQueryRequest" -> {
                var m = SeataProtobuf.GlobalLockQueryRequest.parseFrom(bytes).getBranchRegisterRequest();
                yield new SeataMessage.GlobalLockQueryRequest(
                        m.getXid(),
                        branchType(m.getBranchType()),
                        m.getResourceId(),
                        m.getLockKey(),
                        m.getApplicationData());
            }
            case "GlobalLockQueryResponse" -> {
                var m = SeataProtobuf.GlobalLockQueryResponse.parseFrom(bytes);
                yield new SeataMessage.GlobalLockQueryResponse(
                        result(m.getAbstractTransactionResponse()), m.getLockable());
            }
            case "BranchCommitRequest" -> {
                var m = SeataProtobuf.BranchEndRequest.parseFrom(bytes).getAbstractBranchEndRequest();
                yield new SeataMessage.BranchCommitRequest(
                        m.getXid(),
                        m.getBranchId(),
                        branchType(m.getBranchType()),
                        m.getResourceId(),
                        m.getApplicationData());
            }
            case "BranchRollbackRequest" -> {
                var m = SeataProtobuf.BranchEndRequest.parseFrom(bytes).getAbstractBranchEndRequest();
                yield new SeataMessage.BranchRollbackRequest(
                        m.getXid(),
                        m.getBranchId(),
                        branchType(m.getBranchType()),
                        m.getResourceId(),
                        m.getApplicationData());
            }
            case "BranchCommitResponse" -> {
                var m = SeataProtobuf.BranchEndResponse.parseFrom(bytes).getAbstractBranchEndResponse();
                yield new SeataMessage.BranchCommitResponse(
                        result(m.getAbstractTransactionResponse()),
                        m.getXid(),
                        m.getBranchId(),
                        constant("branchStatus", BRANCH_STATUSES, m.getBranchStatus()));
            }
            case "BranchRollbackResponse" -> {
                var m = SeataProtobuf.BranchEndResponse.parseFrom(bytes).getAbstractBranchEndResponse();
                yield new SeataMessage.BranchRollbackResponse(
                        result(m.getAbstractTransactionResponse()),
                        m.getXid(),
                        m.getBranchId(),
                        constant("branchStatus", BRANCH_STATUSES, m.getBranchStatus()));
            }
            case "UndoLogDeleteRequest" -> {
                var m = SeataProtobuf.UndoLogDeleteRequest.parseFrom(bytes);
                yield new SeataMessage.UndoLogDeleteRequest(
                        branchType(m.getBranchType()), m.getResourceId(), (short) m.getSaveDays());
            }
            default -> client(bytes);
        };
    }

    private SeataMessage client(byte[] bytes) throws InvalidProtocolBufferException {
        return switch (name) {
            case "RegisterTMRequest" -> {
                var m = SeataProtobuf.RegisterTMRequest.parseFrom(bytes).getAbstractIdentifyRequest();
                yield new SeataMessage.RegisterTMRequest(
                        m.getVersion(), m.getApplicationId(), m.getTransactionServiceGroup(), m.getExtraData());
            }
            case "RegisterRMRequest" -> {
                var m = SeataProtobuf.RegisterRMRequest.parseFrom(bytes);
                var identity = m.getAbstractIdentifyRequest();
                yield new SeataMessage.RegisterRMRequest(
                        identity.getVersion(),
                        identity.getApplicationId(),
                        identity.getTransactionServiceGroup(),
                        identity.getExtraData(),
                        m.getResourceIds());
            }
            case "RegisterTMResponse" -> {
                var m = SeataProtobuf.RegisterResponse.parseFrom(bytes).getAbstractIdentifyResponse();
                yield new SeataMessage.RegisterTMResponse(m.getIdentified(), m.getVersion());
            }
            case "RegisterRMResponse" -> {
                var m = SeataProtobuf.RegisterResponse.parseFrom(bytes).getAbstractIdentifyResponse();
                yield new SeataMessage.RegisterRMResponse(m.getIdentified(), m.getVersion());
            }
            default -> throw SeataCodec.fault(Code.TYPE, requestId, "unknown message: " + name);
        };
    }

    private SeataMessage many(byte[] bytes, boolean whole) throws InvalidProtocolBufferException {
        if (!whole) {
            throw SeataCodec.fault(Code.TYPE, requestId, "a merged message holds another one, a " + name);
        }
        var many = SeataProtobuf.ManyMessages.parseFrom(bytes);
        if (many.getMsgsCount() > SeataCodec.MERGED_MESSAGES_MAX) {
            throw fault("msgs", "are " + many.getMsgsCount() + "; the limit is " + SeataCodec.MERGED_MESSAGES_MAX);
        }
        var ids = many.getMsgIdsList();
        boolean idsFit = switch (name) {
            case "MergedWarpMessage" -> ids.isEmpty() || ids.size() == many.getMsgsCount();
            case "BatchResultMessage" -> ids.size() == many.getMsgsCount();
            default -> true;
        };
        if (!idsFit) {
            throw fault("msgIds", "are " + ids.size() + " for " + many.getMsgsCount() + " messages");
        }
        var messages = new ArrayList<SeataMessage>();
        for (Any any : many.getMsgsList()) {
            var part = ProtobufBodies.Name.of(
                    any.getTypeUrl().substring(any.getTypeUrl().lastIndexOf('/') + 1), requestId);
            messages.add(read(part.text(), any.getValue().toByteArray(), requestId, false));
        }
        return switch (name) {
            case "MergedWarpMessage" -> new SeataMessage.MergedRequest(messages, ids);
            case "MergedResultMessage" -> new SeataMessage.MergedResponse(responses(messages));
            default -> new SeataMessage.BatchResponse(responses(messages), ids);
        };
    }

    private List<Response> responses(List<SeataMessage> messages) {
        var responses = new ArrayList<Response>();
        for (SeataMessage message : messages) {
            if (!(message instanceof Response response)) {
                throw SeataCodec.fault(
                        Code.TYPE,
                        requestId,
                        "answers hold no " + message.getClass().getSimpleName());
            }
            responses.add(response);
        }
        return responses;
    }

    private static SeataProtobuf.AbstractGlobalEndRequest globalEnd(byte[] bytes)
            throws InvalidProtocolBufferException {
        return SeataProtobuf.GlobalEndRequest.parseFrom(bytes).getAbstractGlobalEndRequest();
    }

    private static SeataProtobuf.AbstractGlobalEndResponse globalEnded(byte[] bytes)
            throws InvalidProtocolBufferException {
        return SeataProtobuf.GlobalEndResponse.parseFrom(bytes).getAbstractGlobalEndResponse();
    }

    private static Result result(SeataProtobuf.AbstractGlobalEndResponse response) {
        return result(response.getAbstractTransactionResponse());
    }

    private static Result result(SeataProtobuf.AbstractTransactionResponse response) {
        var code = ProtobufCodes.of(response.getTransactionExceptionCode());
        var result = response.getAbstractResultMessage();
        return result.getResultCode() == 1 ? new Result(true, "", code) : Result.failed(code, result.getMsg());
    }

    private GlobalStatus globalStatus(SeataProtobuf.AbstractGlobalEndResponse response) {
        return constant("globalStatus", GLOBAL_STATUSES, response.getGlobalStatus());
    }

    private BranchType branchType(int code) {
        return constant("branchType", BRANCH_TYPES, code);
    }

    private <T> T constant(String field, T[] constants, int code) {
        if (code < 0 || code >= constants.length) {
            throw fault(field, "is " + code + "; known are 0 to " + (constants.length - 1));
        }
        return constants[code];
    }

    private SeataFormatException fault(String field, String what) {
        return SeataCodec.fault(Code.FIELD, requestId, name + "." + field + " " + what);
    }
}
