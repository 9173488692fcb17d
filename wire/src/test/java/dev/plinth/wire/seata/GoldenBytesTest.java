package dev.plinth.wire.seata;

import static dev.plinth.wire.seata.SeataFrame.request;
import static dev.plinth.wire.seata.SeataFrame.response;
import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.SeataMessage.Result;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Our records against bytes that Seata 2.6.0 wrote: both say the same, in both directions. */
class GoldenBytesTest {
    private static final int ID = 0x01020304;
    private static final String XID = "10.0.0.1:8091:4611686018427387905";
    private static final long BRANCH = 0x0102030405060708L;
    private static final String RESOURCE = "jdbc:postgresql://10.0.0.2:5432/bank";
    private static final String LOCKS = "account:17,4;ledger:漢_字";
    private static final String DATA = "{\"actionContext\":{\"größe\":\"😀\"}}";
    private static final String EXTRA = "zusätzlich";

    @TestFactory
    Stream<DynamicTest> a_frame_of_the_original_reads_as_our_record_and_our_record_gives_its_bytes()
            throws IOException {
        var golden = golden();
        return expected().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    var original = golden.get(entry.getKey());
                    assertThat(original).isNotNull();
                    var bytes = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(original));

                    var conversation = new SeataConversation(List.of());
                    assertThat(conversation.read(bytes)).contains(entry.getValue());

                    var ours = Unpooled.buffer();
                    conversation.write(entry.getValue(), ours);
                    // Seata writes -1 for a status that is not there, which we do not tell from the status "unknown".
                    if (!entry.getKey().endsWith("report.without-status")) {
                        assertThat(ByteBufUtil.hexDump(ours)).isEqualTo(original);
                    }
                }));
    }

    @Test
    void every_golden_frame_has_its_expectation() throws IOException {
        assertThat(expected().keySet()).containsExactlyInAnyOrderElementsOf(golden().keySet());
    }

    private static Map<String, SeataFrame> expected() {
        var expected = new LinkedHashMap<String, SeataFrame>();
        global(expected);
        branches(expected);
        phaseTwo(expected);
        clients(expected);
        many(expected);
        expected.put("pong", SeataFrame.pong(ID));
        // In version 0, Seata's server writes what goes one way as a request.
        new LinkedHashMap<>(expected)
                .forEach((name, frame) -> expected.put(
                        "version0." + name,
                        frame.kind() == SeataFrame.Kind.ONE_WAY ? request(ID, frame.message()) : frame));
        protobuf(expected);
        expected.put("ping", SeataFrame.ping(ID));
        expected.put(
                "with-head",
                new SeataFrame(
                        SeataFrame.Kind.REQUEST,
                        ID,
                        Map.of("schlüssel", "wert"),
                        new SeataMessage.GlobalStatusRequest(XID, EXTRA)));
        return expected;
    }

    private static void global(Map<String, SeataFrame> to) {
        to.put("begin", request(ID, new SeataMessage.GlobalBeginRequest(61_234, "transfer-größe")));
        to.put("begin.result", response(ID, new SeataMessage.GlobalBeginResponse(Result.ok(), XID, "extra")));
        to.put(
                "begin.failed",
                response(
                        ID,
                        new SeataMessage.GlobalBeginResponse(
                                Result.failed(TransactionExceptionCode.BEGIN_FAILED, "full"), "", "")));
        to.put("commit", request(ID, new SeataMessage.GlobalCommitRequest(XID, EXTRA)));
        to.put(
                "commit.result",
                response(ID, new SeataMessage.GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED)));
        to.put(
                "commit.failed",
                response(
                        ID,
                        new SeataMessage.GlobalCommitResponse(
                                Result.failed(TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST, "nicht da: ß"),
                                GlobalStatus.UNKNOWN)));
        to.put("rollback", request(ID, new SeataMessage.GlobalRollbackRequest(XID, EXTRA)));
        to.put(
                "rollback.result",
                response(
                        ID,
                        new SeataMessage.GlobalRollbackResponse(
                                Result.ok(), GlobalStatus.STOP_ROLLBACK_OR_ROLLBACK_RETRY)));
        to.put("status", request(ID, new SeataMessage.GlobalStatusRequest(XID, EXTRA)));
        to.put(
                "status.result",
                response(ID, new SeataMessage.GlobalStatusResponse(Result.ok(), GlobalStatus.ASYNC_COMMITTING)));
        to.put(
                "report",
                request(ID, new SeataMessage.GlobalReportRequest(XID, EXTRA, GlobalStatus.ROLLBACK_RETRY_TIMEOUT)));
        to.put(
                "report.without-status",
                request(ID, new SeataMessage.GlobalReportRequest(XID, EXTRA, GlobalStatus.UNKNOWN)));
        to.put(
                "report.result",
                response(ID, new SeataMessage.GlobalReportResponse(Result.ok(), GlobalStatus.FINISHED)));
    }

    private static void branches(Map<String, SeataFrame> to) {
        to.put(
                "branch-register",
                request(ID, new SeataMessage.BranchRegisterRequest(XID, BranchType.AT, RESOURCE, LOCKS, DATA)));
        to.put(
                "branch-register.bare",
                request(ID, new SeataMessage.BranchRegisterRequest(XID, BranchType.SAGA_ANNOTATION, "", "", "")));
        to.put("branch-register.result", response(ID, new SeataMessage.BranchRegisterResponse(Result.ok(), BRANCH)));
        to.put(
                "branch-register.conflict",
                response(
                        ID,
                        new SeataMessage.BranchRegisterResponse(
                                Result.failed(TransactionExceptionCode.LOCK_KEY_CONFLICT, "conflict"), 0)));
        to.put(
                "branch-report",
                request(
                        ID,
                        new SeataMessage.BranchReportRequest(
                                XID, BRANCH, BranchStatus.PHASE_ONE_FAILED, RESOURCE, DATA, BranchType.XA)));
        to.put("branch-report.result", response(ID, new SeataMessage.BranchReportResponse(Result.ok())));
        to.put(
                "lock-query",
                request(ID, new SeataMessage.GlobalLockQueryRequest(XID, BranchType.AT, RESOURCE, LOCKS, DATA)));
        to.put("lock-query.result", response(ID, new SeataMessage.GlobalLockQueryResponse(Result.ok(), true)));
    }

    private static void phaseTwo(Map<String, SeataFrame> to) {
        to.put(
                "branch-commit",
                request(ID, new SeataMessage.BranchCommitRequest(XID, BRANCH, BranchType.TCC, RESOURCE, DATA)));
        to.put(
                "branch-commit.result",
                response(
                        ID,
                        new SeataMessage.BranchCommitResponse(
                                Result.ok(), XID, BRANCH, BranchStatus.PHASE_TWO_COMMITTED)));
        to.put(
                "branch-rollback",
                request(ID, new SeataMessage.BranchRollbackRequest(XID, BRANCH, BranchType.SAGA, RESOURCE, DATA)));
        to.put(
                "branch-rollback.result",
                response(
                        ID,
                        new SeataMessage.BranchRollbackResponse(
                                Result.ok(), XID, BRANCH, BranchStatus.PHASE_TWO_ROLLBACKED)));
        to.put(
                "branch-rollback.failed",
                response(
                        ID,
                        new SeataMessage.BranchRollbackResponse(
                                Result.failed(TransactionExceptionCode.BROKEN, "kaputt"),
                                XID,
                                BRANCH,
                                BranchStatus.STOP_RETRY)));
        to.put(
                "undo-log-delete",
                SeataFrame.oneWay(ID, new SeataMessage.UndoLogDeleteRequest(BranchType.AT, RESOURCE, 30)));
    }

    private static void clients(Map<String, SeataFrame> to) {
        to.put(
                "register-tm",
                request(
                        ID,
                        new SeataMessage.RegisterTMRequest(
                                "2.6.0", "bank", "default_tx_group", "ak=1\nvgroup=default_tx_group\n")));
        to.put("register-tm.result", response(ID, new SeataMessage.RegisterTMResponse(true, "2.6.0")));
        to.put(
                "register-rm",
                request(
                        ID,
                        new SeataMessage.RegisterRMRequest(
                                "2.6.0", "bank", "default_tx_group", "extra", RESOURCE + "," + RESOURCE + "2")));
        to.put("register-rm.result", response(ID, new SeataMessage.RegisterRMResponse(false, "1.4.2")));
    }

    private static void many(Map<String, SeataFrame> to) {
        var reported = new SeataMessage.BranchReportResponse(Result.ok());
        var refused = new SeataMessage.BranchReportResponse(
                Result.failed(TransactionExceptionCode.BRANCH_TRANSACTION_NOT_EXIST, "no"));
        to.put(
                "merged",
                SeataFrame.oneWay(
                        ID,
                        new SeataMessage.MergedRequest(
                                List.of(
                                        new SeataMessage.GlobalBeginRequest(1, "first"),
                                        new SeataMessage.GlobalCommitRequest(XID, EXTRA)),
                                List.of(7, -8))));
        to.put("merged.result", response(ID, new SeataMessage.MergedResponse(List.of(reported, refused))));
        to.put(
                "batch.result",
                response(
                        ID, new SeataMessage.BatchResponse(List.of(reported, refused), List.of(Integer.MAX_VALUE, 0))));
    }

    /** The same but for what its .proto files cannot say. */
    private static void protobuf(Map<String, SeataFrame> to) {
        for (String same : List.of(
                "begin",
                "begin.result",
                "commit",
                "commit.result",
                "rollback",
                "status",
                "status.result",
                "report.result",
                "branch-register",
                "branch-register.result",
                "branch-register.conflict",
                "branch-report.result",
                "lock-query",
                "lock-query.result",
                "branch-commit",
                "branch-commit.result",
                "branch-rollback",
                "branch-rollback.result",
                "register-tm",
                "register-tm.result",
                "register-rm",
                "register-rm.result",
                "merged",
                "merged.result",
                "batch.result")) {
            to.put("protobuf." + same, to.get(same));
        }
        to.put(
                "protobuf.rollback.failed",
                response(
                        ID,
                        new SeataMessage.GlobalRollbackResponse(
                                Result.failed(TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST, "nicht da: ß"),
                                GlobalStatus.FINISHED)));
        to.put(
                "protobuf.report",
                request(ID, new SeataMessage.GlobalReportRequest(XID, EXTRA, GlobalStatus.ROLLBACK_RETRYING)));
        to.put(
                "protobuf.branch-report",
                request(
                        ID,
                        new SeataMessage.BranchReportRequest(
                                XID, BRANCH, BranchStatus.PHASE_ONE_FAILED, RESOURCE, DATA, BranchType.TCC)));
    }

    private static Map<String, String> golden() throws IOException {
        var golden = new HashMap<String, String>();
        try (var in = GoldenBytesTest.class.getResourceAsStream("golden-2.6.0.txt")) {
            assertThat(in).isNotNull();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" "))
                    .forEach(parts -> golden.put(parts[0], parts[1]));
        }
        return golden;
    }
}
