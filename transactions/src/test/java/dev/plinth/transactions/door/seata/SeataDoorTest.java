package dev.plinth.transactions.door.seata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.Limits;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.LockWait;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataDialect;
import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import dev.plinth.wire.seata.SeataMessage.BranchCommitRequest;
import dev.plinth.wire.seata.SeataMessage.BranchCommitResponse;
import dev.plinth.wire.seata.SeataMessage.BranchEndRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRegisterResponse;
import dev.plinth.wire.seata.SeataMessage.BranchReportRequest;
import dev.plinth.wire.seata.SeataMessage.BranchReportResponse;
import dev.plinth.wire.seata.SeataMessage.BranchRollbackRequest;
import dev.plinth.wire.seata.SeataMessage.BranchRollbackResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalLockQueryRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalLockQueryResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalRollbackRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalRollbackResponse;
import dev.plinth.wire.seata.SeataMessage.GlobalStatusRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalStatusResponse;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeataDoorTest {
    private static final String DATABASE = "jdbc:postgresql://db/bank";
    private static final String ACTION = "freeze";

    @TempDir
    Path directory;

    private DoorTrial trial;

    @BeforeEach
    void open() throws IOException {
        trial = new DoorTrial(directory);
    }

    @AfterEach
    void close() throws IOException {
        trial.close();
    }

    // ---- dialects

    @Test
    void clients_of_every_dialect_take_part_in_one_transaction_and_each_is_asked_in_its_own() throws IOException {
        var dialects = new ArrayList<>(List.of(
                SeataDialect.DEFAULT,
                new SeataDialect(0, Serializer.SEATA, 0),
                new SeataDialect(1, Serializer.PROTOBUF, 0),
                new SeataDialect(1, Serializer.PROTOBUF_1, 0)));
        Compressions.ALL.forEach(
                compression -> dialects.add(new SeataDialect(1, Serializer.SEATA, compression.code())));
        dialects.add(new SeataDialect(1, Serializer.PROTOBUF, 1));
        var tm = trial.client().registerTM("bank");
        var xid = begin(tm);
        var rms = new ArrayList<TestClient>();
        for (int i = 0; i < dialects.size(); i++) {
            var rm = trial.client(dialects.get(i)).registerRM("bank", ACTION + i);
            branch(rm, xid, BranchType.TCC, ACTION + i, "", "{\"amount\":" + i + "}");
            rms.add(rm);
        }

        int commit = tm.nextId();
        tm.send(SeataFrame.request(commit, new GlobalCommitRequest(xid, "")));

        for (int i = 0; i < dialects.size(); i++) {
            var asked = rms.get(i).next();
            assertThat(((BranchCommitRequest) asked.message()).applicationData())
                    .isEqualTo("{\"amount\":" + i + "}");
            assertThat(rms.get(i).heard()).isEqualTo(dialects.get(i));
            answer(rms.get(i), asked, BranchStatus.PHASE_TWO_COMMITTED);
        }
        assertThat(tm.next().message()).isEqualTo(new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED));
    }

    @Test
    void who_speaks_a_serializer_that_nobody_here_does_is_cut_off_at_once() throws IOException {
        var client = trial.client();
        var bytes = Unpooled.buffer();
        SeataCodec.encode(
                SeataFrame.request(1, new SeataMessage.RegisterTMRequest("2.6.0", "bank", "group", "")), bytes);

        client.send(bytes.setByte(10, 4));

        client.awaitClose();
    }

    // ---- global transactions

    @Test
    void a_begun_transaction_is_named_by_the_doors_address_and_its_id() throws IOException {
        var tm = trial.client().registerTM("bank");

        var xid = begin(tm);

        assertThat(Xid.parse(xid).host()).isEqualTo("127.0.0.1");
        assertThat(Xid.parse(xid).port()).isEqualTo(trial.door.address().getPort());
        assertThat(status(tm, xid)).isEqualTo(GlobalStatus.BEGIN);
    }

    @Test
    void a_commit_reaches_the_resource_manager_and_is_answered_when_that_has_committed() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", ACTION);
        var xid = begin(tm);
        long branch = branch(rm, xid, BranchType.TCC, ACTION, "", "{\"amount\":7}");

        int commit = tm.nextId();
        tm.send(SeataFrame.request(commit, new GlobalCommitRequest(xid, "")));

        var asked = rm.next();
        assertThat(asked.kind()).isEqualTo(SeataFrame.Kind.REQUEST);
        assertThat(asked.message())
                .isEqualTo(new BranchCommitRequest(xid, branch, BranchType.TCC, ACTION, "{\"amount\":7}"));
        assertThat(tm.hasReceived()).isFalse();
        answer(rm, asked, BranchStatus.PHASE_TWO_COMMITTED);
        assertThat(tm.next())
                .isEqualTo(SeataFrame.response(commit, new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED)));
        assertThat(status(tm, xid)).isEqualTo(GlobalStatus.COMMITTED);
    }

    @Test
    void a_rollback_reaches_the_resource_manager_and_is_answered_when_that_has_rolled_back() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var xid = begin(tm);
        long branch = branch(rm, xid, BranchType.AT, DATABASE, "account:1", "");

        int rollback = tm.nextId();
        tm.send(SeataFrame.request(rollback, new GlobalRollbackRequest(xid, "")));

        var asked = rm.next();
        assertThat(asked.message()).isEqualTo(new BranchRollbackRequest(xid, branch, BranchType.AT, DATABASE, ""));
        answer(rm, asked, BranchStatus.PHASE_TWO_ROLLBACKED);
        assertThat(tm.next().message()).isEqualTo(new GlobalRollbackResponse(Result.ok(), GlobalStatus.ROLLBACKED));
    }

    @Test
    void a_branch_of_a_resource_that_nobody_serves_is_refused_with_what_to_do_and_the_transaction_can_be_rolled_back()
            throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var xid = begin(tm);

        var refused = (BranchRegisterResponse)
                rm.ask(new BranchRegisterRequest(xid, BranchType.AT, "jdbc:unheard-of", "account:1", ""));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.BRANCH_REGISTER_FAILED);
        assertThat(refused.result().message()).contains("'jdbc:unheard-of' is unknown", "RegisterRM");
        assertThat(tm.ask(new GlobalRollbackRequest(xid, "")))
                .isEqualTo(new GlobalRollbackResponse(Result.ok(), GlobalStatus.ROLLBACKED));
        // Once it is registered, it has branches as any other.
        rm.registerRM("bank", "jdbc:unheard-of");
        assertThat(branch(rm, begin(tm), BranchType.AT, "jdbc:unheard-of", "account:1", ""))
                .isPositive();
    }

    @Test
    void a_step_of_a_saga_is_registered_although_nobody_serves_it_for_its_engine_is_asked_about_the_whole()
            throws IOException {
        var rm = trial.client().registerRM("bank", DATABASE);

        assertThat(branch(rm, begin(trial.client().registerTM("bank")), BranchType.SAGA, "booking#reserve", "", ""))
                .isPositive();
    }

    @Test
    void a_branch_that_says_how_long_to_wait_is_answered_when_the_row_is_let_go() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var holder = begin(tm);
        branch(rm, holder, BranchType.AT, DATABASE, "account:1", "");
        var waiter = begin(tm);

        int asked = rm.nextId();
        rm.send(SeataFrame.request(
                asked,
                new BranchRegisterRequest(
                        waiter,
                        BranchType.AT,
                        DATABASE,
                        "account:1",
                        LockWait.applicationData(Duration.ofSeconds(20)))));
        // Answered behind it, and so after the conflict.
        assertThat(status(tm, waiter)).isEqualTo(GlobalStatus.BEGIN);
        assertThat(rm.hasReceived()).isFalse();

        tm.ask(new GlobalCommitRequest(holder, ""));
        var heard = List.of(rm.next(), rm.next());
        assertThat(heard)
                .anySatisfy(frame -> assertThat(frame.message()).isInstanceOf(BranchCommitRequest.class))
                .anySatisfy(frame -> assertThat(frame.message())
                        .isInstanceOfSatisfying(
                                BranchRegisterResponse.class,
                                answer -> assertThat(answer.result().success()).isTrue()));
    }

    @Test
    void nobody_waits_for_the_commit_of_at_branches() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var xid = begin(tm);
        branch(rm, xid, BranchType.AT, DATABASE, "account:1", "");

        assertThat(tm.ask(new GlobalCommitRequest(xid, "")))
                .isEqualTo(new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED));
        assertThat(rm.next().message()).isInstanceOf(BranchCommitRequest.class);
    }

    @Test
    void a_repeated_commit_gets_the_status_as_it_is_then() throws IOException {
        var tm = trial.client().registerTM("bank");
        var xid = begin(tm);

        var first = tm.ask(new GlobalCommitRequest(xid, ""));

        assertThat(tm.ask(new GlobalCommitRequest(xid, ""))).isEqualTo(first);
    }

    @Test
    void an_xid_of_no_transaction_is_finished_and_takes_no_branch() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var xid = "127.0.0.1:8091:4711";

        assertThat(tm.ask(new GlobalCommitRequest(xid, "")))
                .isEqualTo(new GlobalCommitResponse(Result.ok(), GlobalStatus.FINISHED));
        assertThat(status(tm, xid)).isEqualTo(GlobalStatus.FINISHED);
        var refused = (BranchRegisterResponse) rm.ask(register(xid, BranchType.AT, DATABASE, "account:1", ""));
        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_EXIST);
        assertThat(refused.result().message())
                .isEqualTo("TransactionException[Could not found global transaction xid = " + xid
                        + ", may be has finished.]");
    }

    @Test
    void what_is_no_xid_is_refused_with_a_word_about_its_form() throws IOException {
        var tm = trial.client().registerTM("bank");

        var refused = (GlobalCommitResponse) tm.ask(new GlobalCommitRequest("nonsense", ""));

        assertThat(refused.result().success()).isFalse();
        assertThat(refused.result().message()).contains("host:port:id").contains("nonsense");
        assertThat(refused.globalStatus()).isEqualTo(GlobalStatus.FINISHED);
    }

    @Test
    void a_time_out_of_nothing_is_refused() throws IOException {
        var tm = trial.client().registerTM("bank");

        var refused = (GlobalBeginResponse) tm.ask(new GlobalBeginRequest(0, "transfer"));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.BEGIN_FAILED);
        assertThat(refused.result().message()).contains("time-out");
    }

    // ---- branches and locks

    @Test
    void a_decided_transaction_takes_no_branch() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", ACTION);
        var xid = begin(tm);
        branch(rm, xid, BranchType.TCC, ACTION, "", "");
        tm.send(SeataFrame.request(1, new GlobalCommitRequest(xid, "")));
        rm.next();

        var refused = (BranchRegisterResponse) rm.ask(register(xid, BranchType.TCC, ACTION, "", ""));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.GLOBAL_TRANSACTION_NOT_ACTIVE);
        assertThat(refused.result().message()).contains("Could not register branch into global session xid = " + xid);
    }

    @Test
    void a_row_that_another_transaction_holds_is_a_conflict_that_names_row_and_holder() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var holder = begin(tm);
        branch(rm, holder, BranchType.AT, DATABASE, "account:1,2", "");
        var other = begin(tm);

        var refused = (BranchRegisterResponse) rm.ask(register(other, BranchType.AT, DATABASE, "account:2", ""));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.LOCK_KEY_CONFLICT);
        assertThat(refused.result().message()).contains("Global lock acquire failed", "account:2", holder);
        assertThat(lockable(rm, other, "account:2")).isFalse();
        assertThat(lockable(rm, other, "account:3")).isTrue();
        assertThat(lockable(rm, holder, "account:2")).isTrue();
        assertThat(lockable(rm, "", "account:2")).isFalse();

        tm.ask(new GlobalCommitRequest(holder, ""));
        assertThat(rm.next().message()).isInstanceOf(BranchCommitRequest.class);
        branch(rm, other, BranchType.AT, DATABASE, "account:2", "");
    }

    @Test
    void who_keeps_local_locks_is_told_at_once_that_the_holder_is_rolling_back() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var holder = begin(tm);
        branch(rm, holder, BranchType.AT, DATABASE, "account:1", "");
        var other = begin(tm);
        tm.send(SeataFrame.request(1, new GlobalRollbackRequest(holder, "")));
        rm.next();

        var refused = (BranchRegisterResponse)
                rm.ask(register(other, BranchType.AT, DATABASE, "account:1", "{\"autoCommit\":false}"));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.LOCK_KEY_CONFLICT_FAIL_FAST);
    }

    @Test
    void lock_keys_without_a_table_are_refused() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);

        var refused = (BranchRegisterResponse) rm.ask(register(begin(tm), BranchType.AT, DATABASE, "account", ""));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.BRANCH_REGISTER_FAILED);
        assertThat(refused.result().message()).contains("table:key");
    }

    @Test
    void a_report_about_an_unknown_branch_is_refused() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        var xid = begin(tm);
        long branch = branch(rm, xid, BranchType.AT, DATABASE, "account:1", "");

        assertThat(rm.ask(report(xid, branch))).isEqualTo(new BranchReportResponse(Result.ok()));
        var refused = (BranchReportResponse) rm.ask(report(xid, branch + 1));

        assertThat(refused.result().code()).isEqualTo(TransactionExceptionCode.BRANCH_TRANSACTION_NOT_EXIST);
    }

    // ---- who is asked in phase two

    @Test
    void a_client_that_reconnected_is_asked_over_its_new_channel_as_soon_as_it_is_there() throws IOException {
        var tm = trial.client().registerTM("bank");
        var before = trial.client().registerRM("bank", ACTION);
        var xid = begin(tm);
        long branch = branch(before, xid, BranchType.TCC, ACTION, "", "");
        before.close();
        await().until(() -> trial.door.connections() == 1);
        assertThat(((GlobalCommitResponse) tm.ask(new GlobalCommitRequest(xid, ""))).globalStatus())
                .isEqualTo(GlobalStatus.COMMIT_RETRYING);

        var after = trial.client().registerRM("bank", "another," + ACTION);

        var asked = after.next();
        assertThat(((BranchEndRequest) asked.message()).branchId()).isEqualTo(branch);
        answer(after, asked, BranchStatus.PHASE_TWO_COMMITTED);
        await().until(() -> status(tm, xid) == GlobalStatus.COMMITTED);
    }

    @Test
    void an_answer_may_come_over_another_channel_than_the_question() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", ACTION);
        var xid = begin(tm);
        branch(rm, xid, BranchType.TCC, ACTION, "", "");
        tm.send(SeataFrame.request(1, new GlobalCommitRequest(xid, "")));
        var asked = rm.next();

        answer(trial.client().registerRM("bank", "nothing"), asked, BranchStatus.PHASE_TWO_COMMITTED);

        assertThat(tm.next().message()).isEqualTo(new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED));
    }

    @Test
    void an_answer_about_another_transaction_under_the_same_id_is_ignored() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", ACTION);
        var xid = begin(tm);
        long branch = branch(rm, xid, BranchType.TCC, ACTION, "", "");
        tm.send(SeataFrame.request(1, new GlobalCommitRequest(xid, "")));
        var asked = rm.next();

        int id = asked.requestId();
        var done = BranchStatus.PHASE_TWO_COMMITTED;
        rm.send(SeataFrame.response(id, new BranchCommitResponse(Result.ok(), "1:2:3", branch, done)));
        rm.send(SeataFrame.response(id, new BranchCommitResponse(Result.ok(), xid, branch + 1, done)));
        rm.send(SeataFrame.response(id, new BranchRollbackResponse(Result.ok(), xid, branch, done)));

        assertThat(status(tm, xid)).isEqualTo(GlobalStatus.COMMITTING);
        answer(rm, asked, done);
        assertThat(tm.next().message()).isEqualTo(new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED));
    }

    @Test
    void another_application_is_asked_for_at_but_never_for_tcc() throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE + "," + ACTION);
        var other = trial.client().registerRM("shop", DATABASE + "," + ACTION);
        var at = begin(tm);
        branch(rm, at, BranchType.AT, DATABASE, "account:1", "");
        var tcc = begin(tm);
        branch(rm, tcc, BranchType.TCC, ACTION, "", "");
        rm.close();
        await().until(() -> trial.door.connections() == 2);

        tm.ask(new GlobalCommitRequest(tcc, ""));
        tm.ask(new GlobalCommitRequest(at, ""));

        assertThat(((BranchEndRequest) other.next().message()).xid()).isEqualTo(at);
        assertThat(status(tm, tcc)).isEqualTo(GlobalStatus.COMMIT_RETRYING);
        assertThat(other.hasReceived()).isFalse();
    }

    @Test
    void phase_two_names_the_transaction_as_its_participant_does_whatever_the_doors_address_is_by_then()
            throws IOException {
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", DATABASE);
        // As a door at another address, or on another port, had named it: undo records are kept under it.
        var xid = "plinth.example:8091:" + Xid.parse(begin(tm)).id();
        branch(rm, xid, BranchType.AT, DATABASE, "account:1", "");

        int rollback = tm.nextId();
        tm.send(SeataFrame.request(rollback, new GlobalRollbackRequest(xid, "")));

        var asked = rm.next();
        assertThat(((BranchEndRequest) asked.message()).xid()).isEqualTo(xid);
        answer(rm, asked, BranchStatus.PHASE_TWO_ROLLBACKED);
        assertThat(tm.next().message()).isEqualTo(new GlobalRollbackResponse(Result.ok(), GlobalStatus.ROLLBACKED));
    }

    @Test
    void an_attempt_without_an_answer_is_repeated() throws IOException {
        trial.close();
        trial = new DoorTrial(directory, Duration.ofMillis(50), Duration.ofSeconds(15));
        var tm = trial.client().registerTM("bank");
        var rm = trial.client().registerRM("bank", ACTION);
        var xid = begin(tm);
        branch(rm, xid, BranchType.TCC, ACTION, "", "");
        tm.send(SeataFrame.request(1, new GlobalCommitRequest(xid, "")));

        var first = rm.next();
        var second = rm.next();

        assertThat(second.message()).isEqualTo(first.message());
        assertThat(second.requestId()).isNotEqualTo(first.requestId());
    }

    @Test
    void a_burst_of_decisions_is_pushed_whole() throws IOException {
        var rm = trial.client().registerRM("bank", ACTION);

        for (int branch = 1; branch <= Limits.EFFECTS_UNDER_WAY_MAX; branch++) {
            var push = new PhaseTwo(
                    new TransactionId(7), branch, BranchType.TCC, ACTION, "bank:1", "data", Direction.COMMIT);
            assertThat(trial.participants.perform(push)).isNotCompletedExceptionally();
        }

        for (int branch = 1; branch <= Limits.EFFECTS_UNDER_WAY_MAX; branch++) {
            assertThat(((BranchEndRequest) rm.next().message()).branchId()).isEqualTo(branch);
        }
    }

    @Test
    void what_is_pushed_to_a_client_that_does_not_read_is_bounded() throws Exception {
        try (var mute = new Socket(
                trial.door.address().getAddress(), trial.door.address().getPort())) {
            var bytes = Unpooled.buffer();
            SeataCodec.encode(
                    SeataFrame.request(1, new SeataMessage.RegisterRMRequest("2.6.0", "bank", "group", "", ACTION)),
                    bytes);
            bytes.readBytes(mute.getOutputStream(), bytes.readableBytes());
            var push = new PhaseTwo(
                    new TransactionId(7), 8, BranchType.TCC, ACTION, "bank:1", "x".repeat(60_000), Direction.COMMIT);

            await().pollInterval(Duration.ofMillis(1))
                    .untilAsserted(() -> assertThatThrownBy(
                                    () -> trial.participants.perform(push).get(1, TimeUnit.MILLISECONDS))
                            .hasMessageContaining("does not read"));
        }
    }

    @Test
    void old_undo_records_are_deleted_by_one_client_of_each_resource() throws IOException {
        var rm = trial.client().registerRM("bank", DATABASE);

        trial.participants.deleteUndoLogs(7);

        assertThat(rm.next().message()).isEqualTo(new SeataMessage.UndoLogDeleteRequest(BranchType.AT, DATABASE, 7));
    }

    // ---- many in one

    @Test
    void merged_requests_are_answered_one_by_one_each_under_its_id() throws IOException {
        var tm = trial.client().registerTM("bank", "2.6.0");
        var begin = new GlobalBeginRequest(60_000, "transfer");

        tm.send(SeataFrame.oneWay(50, new SeataMessage.MergedRequest(List.of(begin, begin), List.of(51, 52))));

        assertThat(List.of(tm.next().requestId(), tm.next().requestId())).containsExactlyInAnyOrder(51, 52);
    }

    @Test
    void merged_requests_of_an_older_client_are_answered_together() throws IOException {
        var tm = trial.client().registerTM("bank", "2.0.0");
        var begin = new GlobalBeginRequest(60_000, "transfer");
        var status = new GlobalStatusRequest("127.0.0.1:8091:4711", "");

        tm.send(SeataFrame.oneWay(50, new SeataMessage.MergedRequest(List.of(begin, status), List.of(51, 52))));

        var answer = tm.next();
        assertThat(answer.requestId()).isEqualTo(50);
        var parts = ((SeataMessage.MergedResponse) answer.message()).messages();
        assertThat(parts.getFirst()).isInstanceOf(GlobalBeginResponse.class);
        assertThat(parts.getLast()).isEqualTo(new GlobalStatusResponse(Result.ok(), GlobalStatus.FINISHED));
    }

    // ---- the connection

    @Test
    void a_heartbeat_is_answered_under_its_id_even_before_registration() throws IOException {
        var client = trial.client();

        client.send(SeataFrame.ping(77));

        assertThat(client.next()).isEqualTo(SeataFrame.pong(77));
    }

    @Test
    void a_registration_that_goes_one_way_is_answered_all_the_same() throws IOException {
        var client = trial.client();

        client.send(SeataFrame.oneWay(5, new SeataMessage.RegisterRMRequest("2.6.0", "bank", "group", "", DATABASE)));

        assertThat(client.next()).isEqualTo(SeataFrame.response(5, new SeataMessage.RegisterRMResponse(true, "2.6.0")));
    }

    @Test
    void who_asks_before_saying_who_it_is_is_cut_off() throws IOException {
        var client = trial.client();

        client.send(SeataFrame.request(1, new GlobalBeginRequest(60_000, "transfer")));

        client.awaitClose();
    }

    @Test
    void a_silent_connection_is_closed() throws IOException {
        trial.close();
        trial = new DoorTrial(directory, Duration.ofSeconds(15), Duration.ofMillis(50));

        trial.client().awaitClose();
    }

    @Test
    void an_unknown_message_costs_nothing_but_itself() throws IOException {
        var tm = trial.client().registerTM("bank");
        var bytes = Unpooled.buffer();
        SeataCodec.encode(SeataFrame.request(9, new GlobalBeginRequest(60_000, "transfer")), bytes);

        tm.send(bytes.setShort(16, 999));

        begin(tm);
    }

    @Test
    void a_client_that_sends_nothing_but_nonsense_is_cut_off() throws IOException {
        var tm = trial.client().registerTM("bank");
        var response = new GlobalStatusResponse(Result.ok(), GlobalStatus.FINISHED);

        IntStream.range(0, DoorLimits.BROKEN_FRAMES_MAX).forEach(i -> tm.send(SeataFrame.request(i, response)));

        tm.awaitClose();
    }

    @Test
    void another_protocol_is_cut_off_and_nobody_else_notices() throws IOException {
        var tm = trial.client().registerTM("bank");
        var browser = trial.client();

        browser.send(Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", StandardCharsets.US_ASCII));

        browser.awaitClose();
        begin(tm);
    }

    @Test
    void resources_beyond_the_limit_are_refused() throws IOException {
        var client = trial.client();
        var resources = IntStream.rangeClosed(0, DoorLimits.RESOURCES_MAX)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(","));

        assertThat(client.ask(new SeataMessage.RegisterRMRequest("2.6.0", "bank", "group", "", resources)))
                .isEqualTo(new SeataMessage.RegisterRMResponse(false, "2.6.0"));
    }

    @Test
    void requests_beyond_the_limit_in_flight_are_refused_as_overload_with_a_hint() throws IOException {
        var tm = trial.client().registerTM("bank");
        var hold = trial.hold();

        for (int id = 0; id <= DoorLimits.IN_FLIGHT_MAX; id++) {
            tm.send(SeataFrame.request(id, new GlobalBeginRequest(60_000, "transfer")));
        }

        var refused = tm.next();
        assertThat(refused.requestId()).isEqualTo(DoorLimits.IN_FLIGHT_MAX);
        assertThat(((GlobalBeginResponse) refused.message()).result().message()).contains("OVERLOADED", "20 ms");
        hold.countDown();
        for (int i = 0; i < DoorLimits.IN_FLIGHT_MAX; i++) {
            assertThat(((GlobalBeginResponse) tm.next().message()).result().success())
                    .isTrue();
        }
        begin(tm);
    }

    // ---- decisions

    @Test
    void a_decision_is_proposed_again_while_the_coordinator_is_overloaded() throws IOException {
        var tm = trial.client().registerTM("bank");
        var xid = begin(tm);
        var hold = trial.hold();
        var begin = new Command.Begin("load", Duration.ofMinutes(1), "load", "group");
        List<CompletableFuture<?>> load = new ArrayList<>();
        for (int i = 0; i <= Limits.PENDING_INPUTS_MAX; i++) {
            load.add(trial.coordinator.begin(begin));
        }
        assertThat(load.getLast()).isCompletedExceptionally();

        tm.send(SeataFrame.request(1, new GlobalCommitRequest(xid, "")));
        tm.send(SeataFrame.request(2, new GlobalBeginRequest(60_000, "transfer")));

        assertThat(tm.next().requestId()).isEqualTo(2);
        hold.countDown();
        assertThat(tm.next())
                .isEqualTo(SeataFrame.response(1, new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED)));
    }

    @Test
    void a_decision_that_cannot_be_made_gets_no_answer_for_clients_take_any_status_for_success() throws IOException {
        var tm = trial.client().registerTM("bank");
        var xid = begin(tm);
        trial.coordinator.close();

        tm.send(SeataFrame.request(1, new GlobalCommitRequest(xid, "")));
        tm.send(SeataFrame.request(2, new GlobalBeginRequest(60_000, "transfer")));

        var refused = tm.next();
        assertThat(refused.requestId()).isEqualTo(2);
        assertThat(((GlobalBeginResponse) refused.message()).result().code())
                .isEqualTo(TransactionExceptionCode.FAILED_STORE);
        tm.send(SeataFrame.ping(3));
        assertThat(tm.next()).isEqualTo(SeataFrame.pong(3));
    }

    // ---- the door

    @Test
    void a_port_that_is_taken_is_named() {
        assertThatThrownBy(() -> SeataDoor.open(
                        trial.coordinator, trial.participants, SeataDoor.Options.on(trial.door.address())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(Integer.toString(trial.door.address().getPort()));
    }

    @Test
    void xids_name_the_address_that_clients_reach() throws Exception {
        var options = SeataDoor.Options.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .advertising(InetSocketAddress.createUnresolved("seata.example.com", 18_091));
        try (var door = SeataDoor.open(trial.coordinator, trial.participants, options);
                var tm = new TestClient(door.address())) {
            tm.registerTM("bank");

            assertThat(begin(tm)).startsWith("seata.example.com:18091:");
            assertThat(door.xid(new TransactionId(7)).address()).isEqualTo("seata.example.com:18091");
        }
    }

    @Test
    void who_comes_from_elsewhere_than_is_admitted_is_hung_up_on() throws Exception {
        var options = SeataDoor.Options.on(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .admitting(from -> !from.isLoopbackAddress());
        try (var door = SeataDoor.open(trial.coordinator, trial.participants, options);
                var socket =
                        new Socket(door.address().getAddress(), door.address().getPort())) {
            socket.setSoTimeout(10_000);

            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            assertThat(door.connections()).isZero();
        }
    }

    private static String begin(TestClient tm) {
        var begun = (GlobalBeginResponse) tm.ask(new GlobalBeginRequest(60_000, "transfer"));
        assertThat(begun.result()).isEqualTo(Result.ok());
        return begun.xid();
    }

    private static GlobalStatus status(TestClient tm, String xid) {
        return ((GlobalStatusResponse) tm.ask(new GlobalStatusRequest(xid, ""))).globalStatus();
    }

    private static BranchRegisterRequest register(
            String xid, BranchType type, String resource, String lockKey, String data) {
        return new BranchRegisterRequest(xid, type, resource, lockKey, data);
    }

    private static long branch(
            TestClient rm, String xid, BranchType type, String resource, String lockKey, String data) {
        var registered = (BranchRegisterResponse) rm.ask(register(xid, type, resource, lockKey, data));
        assertThat(registered.result()).isEqualTo(Result.ok());
        return registered.branchId();
    }

    private static BranchReportRequest report(String xid, long branch) {
        return new BranchReportRequest(xid, branch, BranchStatus.PHASE_ONE_DONE, DATABASE, "", BranchType.AT);
    }

    private static boolean lockable(TestClient rm, String xid, String lockKey) {
        var answer =
                (GlobalLockQueryResponse) rm.ask(new GlobalLockQueryRequest(xid, BranchType.AT, DATABASE, lockKey, ""));
        assertThat(answer.result()).isEqualTo(Result.ok());
        return answer.lockable();
    }

    private static void answer(TestClient rm, SeataFrame asked, BranchStatus status) {
        rm.send(SeataFrame.response(
                asked.requestId(),
                switch (asked.message()) {
                    case BranchCommitRequest commit ->
                        new BranchCommitResponse(Result.ok(), commit.xid(), commit.branchId(), status);
                    case BranchRollbackRequest rollback ->
                        new BranchRollbackResponse(Result.ok(), rollback.xid(), rollback.branchId(), status);
                    default -> throw new AssertionError("no phase two: " + asked);
                }));
    }
}
