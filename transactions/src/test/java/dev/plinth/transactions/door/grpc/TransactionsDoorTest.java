package dev.plinth.transactions.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.transactions.v1.Branch;
import dev.plinth.wire.transactions.v1.DecideRowsRequest;
import dev.plinth.wire.transactions.v1.Event;
import dev.plinth.wire.transactions.v1.ForceRequest;
import dev.plinth.wire.transactions.v1.GetPulseRequest;
import dev.plinth.wire.transactions.v1.GetTransactionRequest;
import dev.plinth.wire.transactions.v1.GlobalStatus;
import dev.plinth.wire.transactions.v1.ListTransactionsRequest;
import dev.plinth.wire.transactions.v1.LockKey;
import dev.plinth.wire.transactions.v1.SettleRequest;
import dev.plinth.wire.transactions.v1.TransactionSummary;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionsDoorTest {
    @TempDir
    Path directory;

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private DiskStorage disk;
    private DiskStorage history;
    private SegmentStore store;
    private Coordinator coordinator;
    private Server server;
    private ManagedChannel channel;
    private TransactionsGrpc.TransactionsBlockingStub client;

    @BeforeEach
    void start() throws IOException {
        disk = DiskStorage.open(directory.resolve("log"));
        history = DiskStorage.open(directory.resolve("history"));
        store = SegmentStore.open(disk, SegmentOptions.defaults().withSegmentBytes(1 << 20), clock);
        coordinator = Coordinator.open(
                LocalJournal.open(store, "transactions", Coordinator.codec(), disk, JournalOptions.defaults(), clock),
                history,
                phaseTwo -> CompletableFuture.completedFuture(Participants.Answer.of(
                        phaseTwo.resourceId().equals("broken")
                                ? BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE
                                : BranchStatus.PHASE_TWO_COMMITTED)),
                clock,
                0);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new TransactionsDoor(coordinator, TransactionsDoorTest::xid, workers))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
        client = TransactionsGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() throws IOException {
        channel.shutdownNow();
        server.shutdownNow();
        coordinator.close();
        store.close();
        history.close();
        disk.close();
        workers.close();
        clock.close();
    }

    private static Xid xid(TransactionId id) {
        return new Xid("10.0.0.1", 8091, id);
    }

    private TransactionId begin(String name) {
        return coordinator
                .begin(new Command.Begin(name, Duration.ofSeconds(60), "bank", "default_tx_group"))
                .join();
    }

    private void branch(TransactionId transaction, BranchType type, String resource, String lockKeys) {
        coordinator
                .register(new Command.RegisterBranch(
                        transaction,
                        type,
                        resource,
                        "bank:10.0.0.7:4711",
                        "{}",
                        dev.plinth.transactions.LockKey.parse(lockKeys),
                        true))
                .join();
    }

    @Test
    void live_transactions_are_listed_in_pages_the_newest_first() {
        var first = begin("pay");
        var second = begin("pay");
        var third = begin("transfer");

        var page =
                client.listLive(ListTransactionsRequest.newBuilder().setLimit(2).build());
        assertThat(page.getTransactionsList())
                .extracting(TransactionSummary::getXid)
                .containsExactly(xid(third).toString(), xid(second).toString());
        var rest = client.listLive(ListTransactionsRequest.newBuilder()
                .setLimit(2)
                .setPageToken(page.getNextPageToken())
                .build());
        assertThat(rest.getTransactionsList())
                .extracting(TransactionSummary::getXid)
                .containsExactly(xid(first).toString());
        assertThat(rest.getNextPageToken()).isEmpty();
        assertThat(client.listLive(ListTransactionsRequest.newBuilder()
                                .setText("TRANS")
                                .addStatuses(GlobalStatus.BEGIN)
                                .build())
                        .getTransactionsList())
                .singleElement()
                .returns("transfer", TransactionSummary::getName)
                .returns(GlobalStatus.BEGIN, TransactionSummary::getStatus)
                .returns("bank", TransactionSummary::getApplication);
    }

    @Test
    void an_ended_transaction_is_found_with_its_branches_and_its_timeline() {
        var transaction = begin("pay");
        branch(transaction, BranchType.AT, "jdbc:accounts", "account:1,2");
        branch(transaction, BranchType.TCC, "debit", "");
        coordinator.commitAndAwait(transaction, Duration.ofSeconds(30)).join();

        Awaitility.await()
                .until(() -> client.listRecent(ListTransactionsRequest.getDefaultInstance())
                                .getTransactionsCount()
                        == 1);
        var found = client.getTransaction(GetTransactionRequest.newBuilder()
                .setXid(xid(transaction).toString())
                .build());
        assertThat(found.getSummary().getStatus()).isEqualTo(GlobalStatus.COMMITTED);
        assertThat(found.getSummary().hasEnded()).isTrue();
        assertThat(found.getTimeout().getSeconds()).isEqualTo(60);
        assertThat(found.getBranchesList())
                .extracting(Branch::getType, Branch::getStatus, Branch::getResource)
                .containsExactly(
                        tuple(Branch.Type.AT, Branch.Status.PHASE_TWO_COMMITTED, "jdbc:accounts"),
                        tuple(Branch.Type.TCC, Branch.Status.PHASE_TWO_COMMITTED, "debit"));
        assertThat(found.getBranches(0).getLockKeysList())
                .extracting(LockKey::getPrimaryKey)
                .containsExactly("1", "2");
        assertThat(found.getTimelineList())
                .extracting(Event::getKind)
                .startsWith(Event.Kind.BEGUN, Event.Kind.BRANCH_REGISTERED)
                .endsWith(Event.Kind.ENDED);
    }

    @Test
    void what_is_unknown_is_not_found() {
        assertThatThrownBy(() -> client.getTransaction(GetTransactionRequest.newBuilder()
                        .setXid("10.0.0.1:8091:42")
                        .build()))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("NOT_FOUND")
                .hasMessageContaining("10.0.0.1:8091:42");
    }

    @Test
    void a_request_that_is_not_sound_is_refused_with_the_field_and_what_was_expected() {
        for (var request : List.of(
                ListTransactionsRequest.newBuilder().setLimit(1_001).build(),
                ListTransactionsRequest.newBuilder().setPageToken("next").build(),
                ListTransactionsRequest.newBuilder().setText("x".repeat(201)).build(),
                ListTransactionsRequest.newBuilder().addStatusesValue(99).build())) {
            assertThatThrownBy(() -> client.listRecent(request))
                    .hasMessageContaining("INVALID_ARGUMENT")
                    .hasMessageContaining("expected");
        }
        assertThatThrownBy(() ->
                        client.settle(SettleRequest.newBuilder().setXid("42").build()))
                .hasMessageContaining("INVALID_ARGUMENT")
                .hasMessageContaining("host:port:id");
    }

    @Test
    void rows_that_cannot_be_undone_are_kept_and_what_was_not_reported_is_not_restored() {
        var transaction = begin("pay");
        branch(transaction, BranchType.AT, "broken", "account:1");
        coordinator.rollback(transaction).join();
        Awaitility.await()
                .until(() ->
                        client.getPulse(GetPulseRequest.getDefaultInstance()).getUnsettled() == 1);
        var decide = DecideRowsRequest.newBuilder()
                .setXid(xid(transaction).toString())
                .setDecision(DecideRowsRequest.Decision.RESTORE)
                .addSeen("0a1b2c3d")
                .setOperator("ann")
                .setReason("the customer was called");

        assertThatThrownBy(() -> client.decideRows(decide.build()))
                .hasMessageContaining("FAILED_PRECONDITION")
                .hasMessageContaining("sdk");
        assertThatThrownBy(
                        () -> client.decideRows(decide.clone().setSeen(0, "all").build()))
                .hasMessageContaining("INVALID_ARGUMENT")
                .hasMessageContaining("fingerprints");
        var kept = client.decideRows(
                decide.setDecision(DecideRowsRequest.Decision.KEEP).build());

        assertThat(kept.getStatus()).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
        assertThat(client.getPulse(GetPulseRequest.getDefaultInstance()).getLocks())
                .isZero();
        assertThat(notes(transaction)).contains("ann: the customer was called");
        var undecided = xid(begin("pay")).toString();
        assertThatThrownBy(() -> client.decideRows(decide.setXid(undecided).build()))
                .hasMessageContaining("FAILED_PRECONDITION")
                .hasMessageContaining("does not wait");
    }

    @Test
    void a_rollback_that_failed_is_settled_and_its_rows_are_free() {
        var transaction = begin("pay");
        branch(transaction, BranchType.AT, "broken", "account:1");
        coordinator.rollback(transaction).join();
        Awaitility.await()
                .until(() ->
                        client.getPulse(GetPulseRequest.getDefaultInstance()).getUnsettled() == 1);
        assertThat(client.getPulse(GetPulseRequest.getDefaultInstance()).getLocks())
                .isEqualTo(1);

        var settled = client.settle(SettleRequest.newBuilder()
                .setXid(xid(transaction).toString())
                .setOperator("ann")
                .setReason("the row was put right by hand")
                .build());

        assertThat(settled.getStatus()).isEqualTo(GlobalStatus.ROLLBACK_FAILED);
        assertThat(client.getPulse(GetPulseRequest.getDefaultInstance()).getLocks())
                .isZero();
        assertThat(notes(transaction)).contains("ann: the row was put right by hand");
    }

    @Test
    void a_transaction_that_nobody_decides_is_forced_and_its_timeline_says_by_whom_and_why() {
        var transaction = begin("pay");
        branch(transaction, BranchType.TCC, "debit", "");

        var forced = client.force(force(transaction, ForceRequest.Direction.COMMIT));

        assertThat(forced.getStatus()).isIn(GlobalStatus.COMMITTING, GlobalStatus.COMMITTED);
        assertThat(notes(transaction)).contains("ann: the application is gone");
        assertThatThrownBy(() -> client.force(force(transaction, ForceRequest.Direction.ROLLBACK)))
                .hasMessageContaining("FAILED_PRECONDITION")
                .hasMessageContaining("COMMIT");
    }

    @Test
    void a_force_without_a_name_a_reason_or_a_direction_is_refused_and_changes_nothing() {
        var transaction = begin("pay");
        var whole = force(transaction, ForceRequest.Direction.COMMIT);

        for (var bad : List.of(
                whole.toBuilder().clearOperator().build(),
                whole.toBuilder().clearReason().build(),
                whole.toBuilder().clearDirection().build())) {
            assertThatThrownBy(() -> client.force(bad)).hasMessageContaining("INVALID_ARGUMENT");
        }
        assertThatThrownBy(() -> client.force(
                        whole.toBuilder().setXid("10.0.0.1:8091:42").build()))
                .hasMessageContaining("NOT_FOUND");
        assertThat(notes(transaction)).containsExactly("");
    }

    private static ForceRequest force(TransactionId transaction, ForceRequest.Direction direction) {
        return ForceRequest.newBuilder()
                .setXid(xid(transaction).toString())
                .setDirection(direction)
                .setOperator("ann")
                .setReason("the application is gone")
                .build();
    }

    private List<String> notes(TransactionId transaction) {
        return client
                .getTransaction(GetTransactionRequest.newBuilder()
                        .setXid(xid(transaction).toString())
                        .build())
                .getTimelineList()
                .stream()
                .map(event -> event.getNote())
                .toList();
    }

    @Test
    void the_pulse_tells_what_was_done_in_each_second() {
        coordinator.commit(begin("pay")).join();

        Awaitility.await()
                .until(() -> client.getPulse(GetPulseRequest.getDefaultInstance()).getSecondsList().stream()
                                .mapToLong(second -> second.getCommitted())
                                .sum()
                        == 1);
    }
}
