package dev.plinth.acceptance.seata.app;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.seata.core.exception.TransactionExceptionCode;
import org.apache.seata.core.model.BranchStatus;
import org.apache.seata.core.model.BranchType;
import org.apache.seata.core.model.GlobalStatus;
import org.apache.seata.core.protocol.AbstractResultMessage;
import org.apache.seata.core.protocol.BatchResultMessage;
import org.apache.seata.core.protocol.HeartbeatMessage;
import org.apache.seata.core.protocol.MergeResultMessage;
import org.apache.seata.core.protocol.MergedWarpMessage;
import org.apache.seata.core.protocol.ProtocolConstants;
import org.apache.seata.core.protocol.RegisterRMRequest;
import org.apache.seata.core.protocol.RegisterRMResponse;
import org.apache.seata.core.protocol.RegisterTMRequest;
import org.apache.seata.core.protocol.RegisterTMResponse;
import org.apache.seata.core.protocol.ResultCode;
import org.apache.seata.core.protocol.RpcMessage;
import org.apache.seata.core.protocol.transaction.AbstractBranchEndRequest;
import org.apache.seata.core.protocol.transaction.AbstractBranchEndResponse;
import org.apache.seata.core.protocol.transaction.AbstractGlobalEndRequest;
import org.apache.seata.core.protocol.transaction.AbstractGlobalEndResponse;
import org.apache.seata.core.protocol.transaction.AbstractTransactionResponse;
import org.apache.seata.core.protocol.transaction.BranchCommitRequest;
import org.apache.seata.core.protocol.transaction.BranchCommitResponse;
import org.apache.seata.core.protocol.transaction.BranchRegisterRequest;
import org.apache.seata.core.protocol.transaction.BranchRegisterResponse;
import org.apache.seata.core.protocol.transaction.BranchReportRequest;
import org.apache.seata.core.protocol.transaction.BranchReportResponse;
import org.apache.seata.core.protocol.transaction.BranchRollbackRequest;
import org.apache.seata.core.protocol.transaction.BranchRollbackResponse;
import org.apache.seata.core.protocol.transaction.GlobalBeginRequest;
import org.apache.seata.core.protocol.transaction.GlobalBeginResponse;
import org.apache.seata.core.protocol.transaction.GlobalCommitRequest;
import org.apache.seata.core.protocol.transaction.GlobalCommitResponse;
import org.apache.seata.core.protocol.transaction.GlobalLockQueryRequest;
import org.apache.seata.core.protocol.transaction.GlobalLockQueryResponse;
import org.apache.seata.core.protocol.transaction.GlobalReportRequest;
import org.apache.seata.core.protocol.transaction.GlobalReportResponse;
import org.apache.seata.core.protocol.transaction.GlobalRollbackRequest;
import org.apache.seata.core.protocol.transaction.GlobalRollbackResponse;
import org.apache.seata.core.protocol.transaction.GlobalStatusRequest;
import org.apache.seata.core.protocol.transaction.GlobalStatusResponse;
import org.apache.seata.core.protocol.transaction.UndoLogDeleteRequest;
import org.apache.seata.core.rpc.netty.v0.ProtocolEncoderV0;
import org.apache.seata.core.rpc.netty.v1.ProtocolEncoderV1;
import org.apache.seata.core.serializer.SerializerType;

/** Prints one message of every kind as Seata's own encoder writes it: a name, a blank, the bytes in hexadecimal. */
public final class GoldenBytes {
    private static final String XID = "10.0.0.1:8091:4611686018427387905";
    private static final long BRANCH = 0x0102030405060708L;
    private static final String RESOURCE = "jdbc:postgresql://10.0.0.2:5432/bank";
    private static final String LOCKS = "account:17,4;ledger:漢_字";
    private static final String DATA = "{\"actionContext\":{\"größe\":\"😀\"}}";

    private final Map<String, String> lines = new LinkedHashMap<>();
    private String prefix = "";
    private SerializerType serializer = SerializerType.SEATA;
    private BiConsumer<RpcMessage, ByteBuf> encoder = new ProtocolEncoderV1()::encode;

    private GoldenBytes() {}

    public static void main(String[] args) {
        var golden = new GoldenBytes();
        golden.global();
        golden.branches();
        golden.phaseTwo();
        golden.clients();
        golden.many();
        golden.frames();
        golden.protobuf();
        golden.version0();
        golden.lines.forEach((name, bytes) -> System.out.println(name + " " + bytes));
    }

    private void global() {
        var begin = new GlobalBeginRequest();
        begin.setTimeout(61_234);
        begin.setTransactionName("transfer-größe");
        request("begin", begin);
        var begun = succeeded(new GlobalBeginResponse());
        begun.setXid(XID);
        begun.setExtraData("extra");
        response("begin.result", begun);
        response("begin.failed", failed(new GlobalBeginResponse(), TransactionExceptionCode.BeginFailed, "full"));
        request("commit", end(new GlobalCommitRequest()));
        response("commit.result", ended(new GlobalCommitResponse(), GlobalStatus.Committed));
        var refused =
                failed(new GlobalCommitResponse(), TransactionExceptionCode.GlobalTransactionNotExist, "nicht da: ß");
        refused.setGlobalStatus(GlobalStatus.UnKnown);
        response("commit.failed", refused);
        request("rollback", end(new GlobalRollbackRequest()));
        response("rollback.result", ended(new GlobalRollbackResponse(), GlobalStatus.StopRollbackOrRollbackRetry));
        request("status", end(new GlobalStatusRequest()));
        response("status.result", ended(new GlobalStatusResponse(), GlobalStatus.AsyncCommitting));
        var report = new GlobalReportRequest();
        end(report);
        report.setGlobalStatus(GlobalStatus.RollbackRetryTimeout);
        request("report", report);
        request("report.without-status", end(new GlobalReportRequest()));
        response("report.result", ended(new GlobalReportResponse(), GlobalStatus.Finished));
    }

    private void branches() {
        request("branch-register", locks(new BranchRegisterRequest(), BranchType.AT));
        var bare = new BranchRegisterRequest();
        bare.setXid(XID);
        bare.setBranchType(BranchType.SAGA_ANNOTATION);
        request("branch-register.bare", bare);
        var registered = succeeded(new BranchRegisterResponse());
        registered.setBranchId(BRANCH);
        response("branch-register.result", registered);
        response(
                "branch-register.conflict",
                failed(new BranchRegisterResponse(), TransactionExceptionCode.LockKeyConflict, "conflict"));
        var report = new BranchReportRequest();
        report.setXid(XID);
        report.setBranchId(BRANCH);
        report.setStatus(BranchStatus.PhaseOne_Failed);
        report.setResourceId(RESOURCE);
        report.setApplicationData(DATA);
        report.setBranchType(BranchType.XA);
        request("branch-report", report);
        response("branch-report.result", succeeded(new BranchReportResponse()));
        request("lock-query", locks(new GlobalLockQueryRequest(), BranchType.AT));
        var lockable = succeeded(new GlobalLockQueryResponse());
        lockable.setLockable(true);
        response("lock-query.result", lockable);
    }

    private void phaseTwo() {
        request("branch-commit", branchEnd(new BranchCommitRequest(), BranchType.TCC));
        response("branch-commit.result", branchEnded(new BranchCommitResponse(), BranchStatus.PhaseTwo_Committed));
        request("branch-rollback", branchEnd(new BranchRollbackRequest(), BranchType.SAGA));
        response("branch-rollback.result", branchEnded(new BranchRollbackResponse(), BranchStatus.PhaseTwo_Rollbacked));
        var failed = branchEnded(new BranchRollbackResponse(), BranchStatus.STOP_RETRY);
        failed(failed, TransactionExceptionCode.Broken, "kaputt");
        response("branch-rollback.failed", failed);
        var undo = new UndoLogDeleteRequest();
        undo.setBranchType(BranchType.AT);
        undo.setResourceId(RESOURCE);
        undo.setSaveDays((short) 30);
        line("undo-log-delete", frame(ProtocolConstants.MSGTYPE_RESQUEST_ONEWAY, undo));
    }

    private void clients() {
        // The public constructor adds this machine's address to the extra data; golden bytes have none.
        var tm = new RegisterTMRequest();
        tm.setVersion("2.6.0");
        tm.setApplicationId("bank");
        tm.setTransactionServiceGroup("default_tx_group");
        tm.setExtraData("ak=1\nvgroup=default_tx_group\n");
        request("register-tm", tm);
        var identified = new RegisterTMResponse();
        identified.setIdentified(true);
        identified.setVersion("2.6.0");
        response("register-tm.result", identified);
        var rm = new RegisterRMRequest("bank", "default_tx_group");
        rm.setVersion("2.6.0");
        rm.setExtraData("extra");
        rm.setResourceIds(RESOURCE + "," + RESOURCE + "2");
        request("register-rm", rm);
        var unknown = new RegisterRMResponse(false);
        unknown.setVersion("1.4.2");
        response("register-rm.result", unknown);
    }

    private void many() {
        var begin = new GlobalBeginRequest();
        begin.setTimeout(1);
        begin.setTransactionName("first");
        var merged = new MergedWarpMessage();
        merged.msgs = new ArrayList<>(List.of(begin, end(new GlobalCommitRequest())));
        merged.msgIds = new ArrayList<>(List.of(7, -8));
        line("merged", frame(ProtocolConstants.MSGTYPE_RESQUEST_ONEWAY, merged));
        var results = new AbstractResultMessage[] {
            known(succeeded(new BranchReportResponse())),
            failed(new BranchReportResponse(), TransactionExceptionCode.BranchTransactionNotExist, "no")
        };
        var mergedResult = new MergeResultMessage();
        mergedResult.setMsgs(results);
        response("merged.result", mergedResult);
        var batch = new BatchResultMessage();
        batch.setResultMessages(List.of(results));
        batch.setMsgIds(List.of(Integer.MAX_VALUE, 0));
        response("batch.result", batch);
    }

    private void frames() {
        line("ping", frame(ProtocolConstants.MSGTYPE_HEARTBEAT_REQUEST, HeartbeatMessage.PING));
        line("pong", frame(ProtocolConstants.MSGTYPE_HEARTBEAT_RESPONSE, HeartbeatMessage.PONG));
        var headed = frame(ProtocolConstants.MSGTYPE_RESQUEST_SYNC, end(new GlobalStatusRequest()));
        headed.setHeadMap(Map.of("schlüssel", "wert"));
        line("with-head", headed);
    }

    /** What its .proto files can say: types, statuses and codes that are newer are not in them. */
    private void protobuf() {
        prefix = "protobuf.";
        serializer = SerializerType.PROTOBUF;
        var begin = new GlobalBeginRequest();
        begin.setTimeout(61_234);
        begin.setTransactionName("transfer-größe");
        request("begin", begin);
        var begun = succeeded(new GlobalBeginResponse());
        begun.setXid(XID);
        begun.setExtraData("extra");
        begun.setTransactionExceptionCode(TransactionExceptionCode.Unknown);
        response("begin.result", begun);
        request("commit", end(new GlobalCommitRequest()));
        response("commit.result", known(ended(new GlobalCommitResponse(), GlobalStatus.Committed)));
        request("rollback", end(new GlobalRollbackRequest()));
        var refused =
                failed(new GlobalRollbackResponse(), TransactionExceptionCode.GlobalTransactionNotExist, "nicht da: ß");
        refused.setGlobalStatus(GlobalStatus.Finished);
        response("rollback.failed", refused);
        request("status", end(new GlobalStatusRequest()));
        response("status.result", known(ended(new GlobalStatusResponse(), GlobalStatus.AsyncCommitting)));
        var report = end(new GlobalReportRequest());
        report.setGlobalStatus(GlobalStatus.RollbackRetrying);
        request("report", report);
        response("report.result", known(ended(new GlobalReportResponse(), GlobalStatus.Finished)));
        request("branch-register", locks(new BranchRegisterRequest(), BranchType.AT));
        var registered = known(succeeded(new BranchRegisterResponse()));
        registered.setBranchId(BRANCH);
        response("branch-register.result", registered);
        response(
                "branch-register.conflict",
                failed(new BranchRegisterResponse(), TransactionExceptionCode.LockKeyConflict, "conflict"));
        var branchReport = new BranchReportRequest();
        branchReport.setXid(XID);
        branchReport.setBranchId(BRANCH);
        branchReport.setStatus(BranchStatus.PhaseOne_Failed);
        branchReport.setResourceId(RESOURCE);
        branchReport.setApplicationData(DATA);
        branchReport.setBranchType(BranchType.TCC);
        request("branch-report", branchReport);
        response("branch-report.result", known(succeeded(new BranchReportResponse())));
        request("lock-query", locks(new GlobalLockQueryRequest(), BranchType.AT));
        var lockable = known(succeeded(new GlobalLockQueryResponse()));
        lockable.setLockable(true);
        response("lock-query.result", lockable);
        request("branch-commit", branchEnd(new BranchCommitRequest(), BranchType.TCC));
        response(
                "branch-commit.result",
                known(branchEnded(new BranchCommitResponse(), BranchStatus.PhaseTwo_Committed)));
        request("branch-rollback", branchEnd(new BranchRollbackRequest(), BranchType.SAGA));
        response(
                "branch-rollback.result",
                known(branchEnded(new BranchRollbackResponse(), BranchStatus.PhaseTwo_Rollbacked)));
        clients();
        many();
    }

    private void version0() {
        prefix = "version0.";
        serializer = SerializerType.SEATA;
        encoder = new ProtocolEncoderV0()::encode;
        global();
        branches();
        phaseTwo();
        clients();
        many();
        // It writes a ping as a pong: only clients ever sent one.
        line("pong", frame(ProtocolConstants.MSGTYPE_HEARTBEAT_RESPONSE, HeartbeatMessage.PONG));
    }

    private static <R extends AbstractTransactionResponse> R known(R response) {
        response.setTransactionExceptionCode(TransactionExceptionCode.Unknown);
        return response;
    }

    private void request(String name, Object body) {
        line(name, frame(ProtocolConstants.MSGTYPE_RESQUEST_SYNC, body));
    }

    private void response(String name, Object body) {
        line(name, frame(ProtocolConstants.MSGTYPE_RESPONSE, body));
    }

    private void line(String name, RpcMessage message) {
        ByteBuf bytes = Unpooled.buffer();
        encoder.accept(message, bytes);
        lines.put(prefix + name, ByteBufUtil.hexDump(bytes));
    }

    private RpcMessage frame(byte kind, Object body) {
        var message = new RpcMessage();
        message.setMessageType(kind);
        message.setCodec(serializer.getCode());
        message.setCompressor((byte) 0);
        message.setId(0x01020304);
        message.setBody(body);
        return message;
    }

    private static <R extends AbstractGlobalEndRequest> R end(R request) {
        request.setXid(XID);
        request.setExtraData("zusätzlich");
        return request;
    }

    private static <R extends AbstractGlobalEndResponse> R ended(R response, GlobalStatus status) {
        response.setGlobalStatus(status);
        return succeeded(response);
    }

    private static <R extends BranchRegisterRequest> R locks(R request, BranchType type) {
        request.setXid(XID);
        request.setBranchType(type);
        request.setResourceId(RESOURCE);
        request.setLockKey(LOCKS);
        request.setApplicationData(DATA);
        return request;
    }

    private static <R extends AbstractBranchEndRequest> R branchEnd(R request, BranchType type) {
        request.setXid(XID);
        request.setBranchId(BRANCH);
        request.setBranchType(type);
        request.setResourceId(RESOURCE);
        request.setApplicationData(DATA);
        return request;
    }

    private static <R extends AbstractBranchEndResponse> R branchEnded(R response, BranchStatus status) {
        response.setXid(XID);
        response.setBranchId(BRANCH);
        response.setBranchStatus(status);
        return succeeded(response);
    }

    private static <R extends AbstractTransactionResponse> R succeeded(R response) {
        response.setResultCode(ResultCode.Success);
        return response;
    }

    private static <R extends AbstractTransactionResponse> R failed(
            R response, TransactionExceptionCode code, String why) {
        response.setResultCode(ResultCode.Failed);
        response.setMsg(why);
        response.setTransactionExceptionCode(code);
        return response;
    }
}
