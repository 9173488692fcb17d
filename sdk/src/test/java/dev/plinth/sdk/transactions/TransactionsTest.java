package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.transactions.FakeCoordinator.Mischief;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.SeataMessage;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Global transactions of one process, against a coordinator that loses things. */
final class TransactionsTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    record Transfer(String account, BigDecimal amount) {}

    /** Writes down what it is asked. */
    private static final class Recorder implements TccAction<Transfer, String> {
        final Queue<String> calls = new ConcurrentLinkedQueue<>();
        volatile Supplier<Boolean> confirmWorks = () -> true;

        @Override
        public String tryIt(TccBranch branch, Transfer arguments) {
            calls.add("try " + arguments);
            return "tried " + branch.branchId();
        }

        @Override
        public void confirm(TccBranch branch, Transfer arguments) {
            calls.add("confirm " + arguments);
            if (!confirmWorks.get()) {
                throw new IllegalStateException("not now");
            }
        }

        @Override
        public void cancel(TccBranch branch, Transfer arguments) {
            calls.add("cancel " + arguments);
        }
    }

    private static final Transfer TEN = new Transfer("alice", new BigDecimal("10.00"));

    private final FakeCoordinator coordinator = new FakeCoordinator();
    private final Recorder recorder = new Recorder();
    private Transactions transactions = connect();
    private TccParticipant<Transfer, String> debit;

    private Transactions connect() {
        return Transactions.connect(
                TransactionOptions.of("bank", coordinator.address()).withRequestTimeout(Duration.ofSeconds(2)));
    }

    @BeforeEach
    void registered() {
        debit = transactions.participant("accounts.debit", Transfer.class, recorder);
        soon().until(() -> coordinator.serves("accounts.debit"));
    }

    @AfterEach
    void close() {
        transactions.close();
        coordinator.close();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(TIMEOUT);
    }

    private void restart() {
        coordinator.stop();
        coordinator.start();
        soon().until(() -> coordinator.serves("accounts.debit"));
    }

    private void awaitStatus(String xid, GlobalStatus status) {
        soon().until(() -> coordinator.status(xid) == status);
    }

    @Test
    void work_that_returns_is_committed_and_every_participant_confirms() {
        String xid = transactions.call("pay", TIMEOUT, tx -> {
            assertThat(transactions.currentXid()).contains(tx.xid());
            assertThat(tx.remaining()).isBetween(Duration.ofSeconds(20), TIMEOUT);
            assertThat(debit.tryIt(TEN)).startsWith("tried ");
            return tx.xid();
        });

        awaitStatus(xid, GlobalStatus.COMMITTED);
        // The coordinator asks once more when an answer takes its time.
        assertThat(recorder.calls).startsWith("try " + TEN, "confirm " + TEN).containsOnlyOnce("try " + TEN);
        assertThat(Set.copyOf(recorder.calls)).hasSize(2);
        assertThat(transactions.currentXid()).isEmpty();
    }

    @Test
    void work_that_throws_is_rolled_back_and_its_own_exception_comes_out() {
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> {
                    debit.tryIt(TEN);
                    throw new IOException("no funds");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("no funds")
                .hasNoSuppressedExceptions();

        awaitStatus(coordinator.xids().getFirst(), GlobalStatus.ROLLBACKED);
        assertThat(recorder.calls.stream().distinct()).containsExactly("try " + TEN, "cancel " + TEN);
        assertThat(transactions.currentXid()).isEmpty();
    }

    @Test
    void the_branch_carries_its_arguments_as_seatas_own_tcc_does() {
        String xid = transactions.call("pay", TIMEOUT, tx -> {
            debit.tryIt(new Transfer("žofie \"<ä>", new BigDecimal("0.10")));
            return tx.xid();
        });

        assertThat(coordinator.branches(xid))
                .hasSize(1)
                .first()
                .satisfies(branch -> assertThat(branch.registered.applicationData())
                        .startsWith("{\"actionContext\":{\"account\":\"žofie \\\"<ä>\",\"amount\":0.10,")
                        .contains("\"actionName\":\"accounts.debit\"", "\"sys::commit\":\"confirm\""));
    }

    @Test
    void a_lost_answer_to_the_commit_is_asked_for_again() {
        coordinator.next(SeataMessage.GlobalCommitRequest.class::isInstance, Mischief.LOSE_ANSWER);

        String xid = transactions.call("pay", TIMEOUT, tx -> {
            debit.tryIt(TEN);
            return tx.xid();
        });

        awaitStatus(xid, GlobalStatus.COMMITTED);
        assertThat(coordinator.received().stream().filter(SeataMessage.GlobalCommitRequest.class::isInstance))
                .hasSize(2);
    }

    @Test
    void a_commit_that_never_arrived_is_sent_again() {
        coordinator.next(SeataMessage.GlobalCommitRequest.class::isInstance, Mischief.LOSE_REQUEST);

        String xid = transactions.call("pay", TIMEOUT, GlobalTransaction::xid);

        awaitStatus(xid, GlobalStatus.COMMITTED);
    }

    @Test
    void a_lost_commit_of_a_transaction_that_the_coordinator_has_forgotten_is_of_unknown_outcome() {
        coordinator.next(
                message -> {
                    if (message instanceof SeataMessage.GlobalCommitRequest commit) {
                        coordinator.forget(commit.xid());
                        return true;
                    }
                    return false;
                },
                Mischief.LOSE_REQUEST);

        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> {}))
                .isInstanceOfSatisfying(PlinthException.class, e -> {
                    assertThat(e.code()).isEqualTo(Code.OUTCOME_UNKNOWN);
                    assertThat(e.xid()).isPresent();
                });
    }

    @Test
    void a_first_commit_of_a_forgotten_transaction_says_rolled_back_for_nobody_else_could_have_committed_it() {
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> coordinator.forget(tx.xid())))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.ROLLED_BACK));
    }

    @Test
    void a_coordinator_that_stays_away_after_the_commit_was_sent_leaves_the_outcome_unknown() {
        coordinator.next(
                message -> {
                    boolean commit = message instanceof SeataMessage.GlobalCommitRequest;
                    if (commit) {
                        CompletableFuture.runAsync(coordinator::stop);
                    }
                    return commit;
                },
                Mischief.STAY_SILENT);

        assertThatThrownBy(() -> transactions.run("pay", Duration.ofMillis(200), tx -> {}))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.OUTCOME_UNKNOWN));

        coordinator.start();
        String xid = coordinator.xids().getFirst();
        assertThat(transactions.status(xid)).isEqualTo(TransactionStatus.COMMITTED);
    }

    @Test
    void a_transaction_that_timed_out_before_its_commit_says_rolled_back() {
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> {
                    debit.tryIt(TEN);
                    coordinator.timeOut(tx.xid());
                }))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.ROLLED_BACK));
        soon().until(() -> recorder.calls.contains("cancel " + TEN));
    }

    @Test
    void a_transaction_that_has_ended_takes_no_more_branches() {
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> {
                    coordinator.timeOut(tx.xid());
                    debit.tryIt(TEN);
                }))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.ROLLED_BACK));
        assertThat(recorder.calls).isEmpty();
    }

    @Test
    void a_lost_begin_is_begun_again() {
        coordinator.next(SeataMessage.GlobalBeginRequest.class::isInstance, Mischief.LOSE_ANSWER);

        String xid = transactions.call("pay", TIMEOUT, GlobalTransaction::xid);

        assertThat(coordinator.xids()).hasSize(2).last().isEqualTo(xid);
    }

    @Test
    void a_lost_answer_to_a_branchs_registration_dooms_the_transaction_even_if_the_work_goes_on() {
        coordinator.next(SeataMessage.BranchRegisterRequest.class::isInstance, Mischief.LOSE_ANSWER);

        assertThatThrownBy(() -> transactions.run(
                        "pay",
                        TIMEOUT,
                        tx -> assertThatThrownBy(() -> debit.tryIt(TEN))
                                .isInstanceOfSatisfying(
                                        PlinthException.class,
                                        e -> assertThat(e.code()).isEqualTo(Code.TIMEOUT))))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.ROLLED_BACK));

        String xid = coordinator.xids().getFirst();
        awaitStatus(xid, GlobalStatus.ROLLBACKED);
        assertThat(recorder.calls.stream().distinct())
                .as("registered, never tried, only cancelled")
                .containsExactly("cancel " + TEN);
    }

    @Test
    void after_a_restart_of_the_coordinator_new_transactions_run_and_unfinished_ones_are_finished() {
        CountDownLatch mayConfirm = new CountDownLatch(1);
        recorder.confirmWorks = () -> mayConfirm.getCount() == 0;
        String unfinished = transactions.call("pay", TIMEOUT, tx -> {
            debit.tryIt(TEN);
            return tx.xid();
        });

        coordinator.stop();
        mayConfirm.countDown();
        coordinator.start();

        awaitStatus(unfinished, GlobalStatus.COMMITTED);
        String another = transactions.call("pay", TIMEOUT, GlobalTransaction::xid);
        awaitStatus(another, GlobalStatus.COMMITTED);
    }

    @Test
    void work_goes_on_across_a_restart_of_the_coordinator() {
        String xid = transactions.call("pay", TIMEOUT, tx -> {
            restart();
            debit.tryIt(TEN);
            restart();
            return tx.xid();
        });
        awaitStatus(xid, GlobalStatus.COMMITTED);
    }

    @Test
    void a_coordinator_that_is_not_there_yet_is_waited_for() {
        transactions.close();
        coordinator.stop();
        transactions = connect();
        CompletableFuture<String> paying =
                CompletableFuture.supplyAsync(() -> transactions.call("pay", TIMEOUT, GlobalTransaction::xid));
        coordinator.start();
        assertThat(paying).succeedsWithin(TIMEOUT);
    }

    @Test
    void of_several_coordinators_the_next_is_taken_when_one_is_away_and_the_one_after_that_when_it_goes_too() {
        try (var second = new FakeCoordinator();
                var paying =
                        Transactions.connect(TransactionOptions.of("bank", coordinator.address(), second.address()))) {
            paying.call("pay", TIMEOUT, GlobalTransaction::xid);
            coordinator.stop();
            String xid = paying.call("pay", TIMEOUT, GlobalTransaction::xid);
            assertThat(second.status(xid)).isEqualTo(GlobalStatus.COMMITTED);
            coordinator.start();
            second.stop();
            String another = paying.call("pay", TIMEOUT, GlobalTransaction::xid);
            awaitStatus(another, GlobalStatus.COMMITTED);
        }
    }

    @Test
    void without_a_coordinator_nothing_begins_and_the_work_does_not_run() {
        coordinator.stop();
        AtomicInteger runs = new AtomicInteger();
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> runs.incrementAndGet()))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isIn(Code.UNAVAILABLE, Code.TIMEOUT));
        assertThat(runs).hasValue(0);
    }

    @Test
    void a_failing_confirm_is_called_until_it_works() {
        AtomicInteger attempts = new AtomicInteger();
        recorder.confirmWorks = () -> attempts.incrementAndGet() > 3;
        String xid = transactions.call("pay", TIMEOUT, tx -> {
            debit.tryIt(TEN);
            return tx.xid();
        });
        awaitStatus(xid, GlobalStatus.COMMITTED);
        assertThat(attempts.get()).isGreaterThanOrEqualTo(4);
    }

    @Test
    void nested_work_joins_the_transaction_around_it_and_only_the_outermost_commits() {
        String xid = transactions.call("outer", TIMEOUT, outer -> {
            transactions.run("inner", TIMEOUT, inner -> {
                assertThat(inner.xid()).isEqualTo(outer.xid());
                debit.tryIt(TEN);
            });
            assertThat(coordinator.status(outer.xid())).isEqualTo(GlobalStatus.BEGIN);
            return outer.xid();
        });
        assertThat(coordinator.xids()).containsExactly(xid);
        awaitStatus(xid, GlobalStatus.COMMITTED);
    }

    @Test
    void a_transaction_marked_to_be_rolled_back_is_rolled_back_though_its_work_returned() {
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> {
                    debit.tryIt(TEN);
                    tx.setRollbackOnly();
                }))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.ROLLED_BACK));
        awaitStatus(coordinator.xids().getFirst(), GlobalStatus.ROLLBACKED);
    }

    @Test
    void a_joined_transaction_is_current_and_is_not_ended_here() {
        String xid = transactions.call("outer", TIMEOUT, outer -> {
            CompletableFuture<String> elsewhere = CompletableFuture.supplyAsync(() -> transactions.join(
                    outer.xid(), () -> transactions.call("inner", TIMEOUT, inner -> debit.tryIt(TEN))));
            assertThat(elsewhere).succeedsWithin(TIMEOUT);
            assertThat(coordinator.status(outer.xid())).isEqualTo(GlobalStatus.BEGIN);
            return outer.xid();
        });
        awaitStatus(xid, GlobalStatus.COMMITTED);
        assertThat(recorder.calls.stream().distinct()).containsExactly("try " + TEN, "confirm " + TEN);
    }

    @Test
    void a_participant_outside_a_transaction_refuses() {
        assertThatThrownBy(() -> debit.tryIt(TEN))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("accounts.debit");
    }

    @Test
    void phase_two_for_an_unknown_action_or_with_unreadable_arguments_is_refused_and_the_connection_lives_on() {
        coordinator.ask(new SeataMessage.BranchCommitRequest("x:1:1", 1, BranchType.TCC, "who.is.that", "{}"));
        coordinator.ask(new SeataMessage.BranchCommitRequest(
                "x:1:1", 2, BranchType.TCC, "accounts.debit", "{\"actionContext\":{\"account\":\"a\"}}"));
        coordinator.ask(
                new SeataMessage.BranchRollbackRequest("x:1:1", 3, BranchType.AT, "accounts.debit", "not json"));

        soon().untilAsserted(() -> assertThat(coordinator.received().stream()
                        .filter(SeataMessage.BranchEndResponse.class::isInstance)
                        .map(SeataMessage.BranchEndResponse.class::cast))
                .hasSize(3)
                .noneMatch(response -> response.result().success())
                .extracting(response -> response.result().message())
                .anyMatch(message -> message.contains("who.is.that"))
                .anyMatch(message -> message.contains("'amount' is missing")));
        assertThat(recorder.calls).isEmpty();
        String xid = transactions.call("pay", TIMEOUT, GlobalTransaction::xid);
        awaitStatus(xid, GlobalStatus.COMMITTED);
    }

    @Test
    void bytes_of_another_protocol_end_the_connection_and_a_new_one_is_made() {
        coordinator.sendRaw(
                new byte[] {'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4', '0', '0', '\r', '\n', 0, 0, 0});
        String xid = transactions.call("pay", TIMEOUT, tx -> {
            debit.tryIt(TEN);
            return tx.xid();
        });
        awaitStatus(xid, GlobalStatus.COMMITTED);
    }

    @Test
    void two_hundred_transactions_at_once_all_commit() {
        List<CompletableFuture<String>> running = IntStream.range(0, 200)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> transactions.call("pay", TIMEOUT, tx -> {
                            debit.tryIt(new Transfer("account-" + i, BigDecimal.ONE));
                            return tx.xid();
                        }),
                        task -> Thread.ofVirtual().start(task)))
                .toList();
        running.forEach(done -> awaitStatus(done.join(), GlobalStatus.COMMITTED));
        assertThat(new HashSet<>(recorder.calls)).as("each tried and confirmed").hasSize(400);
    }

    @Test
    void after_close_everything_says_closed() {
        transactions.close();
        assertThatThrownBy(() -> transactions.run("pay", TIMEOUT, tx -> {}))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.CLOSED));
    }
}
