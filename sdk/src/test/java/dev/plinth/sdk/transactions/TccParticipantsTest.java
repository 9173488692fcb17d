package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.SeataMessage.BranchCommitRequest;
import dev.plinth.wire.seata.SeataMessage.BranchEndResponse;
import dev.plinth.wire.seata.SeataMessage.BranchRollbackRequest;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Phase two as the coordinator calls it here: bounded, and always answered. */
final class TccParticipantsTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String DATA = "{\"actionContext\":{\"cents\":1}}";

    record Cents(long cents) {}

    /** Holds every confirm until it is let go, and counts how many run at once. */
    private static final class Gate implements TccAction<Cents, String> {
        final CountDownLatch open = new CountDownLatch(1);
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        @Override
        public String tryIt(TccBranch branch, Cents arguments) {
            return "";
        }

        @Override
        public void confirm(TccBranch branch, Cents arguments) throws InterruptedException {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            open.await();
            running.decrementAndGet();
        }

        @Override
        public void cancel(TccBranch branch, Cents arguments) {
            throw new AssertionError("an Error is a failure like others");
        }
    }

    private final Gate gate = new Gate();
    private final PhaseTwoCalls calls = new PhaseTwoCalls(3);
    private final TccParticipants participants = new TccParticipants(calls);
    private final Queue<BranchEndResponse> answers = new ConcurrentLinkedQueue<>();

    private void register() {
        assertThat(participants.register("gate", Cents.class, gate)).isNotNull();
    }

    private void commit(long branchId) {
        calls.accept(
                new BranchCommitRequest("x:1:1", branchId, BranchType.TCC, "gate", DATA),
                answer -> answers.add((BranchEndResponse) answer));
    }

    private void awaitAnswers(int count) {
        await().atMost(LONG).until(() -> answers.size() == count);
    }

    @Test
    void at_most_so_many_run_at_once_and_the_others_wait() {
        register();
        for (int branch = 1; branch <= 50; branch++) {
            commit(branch);
        }
        await().atMost(LONG).until(() -> gate.running.get() == 3);
        gate.open.countDown();
        awaitAnswers(50);
        assertThat(gate.most).hasValue(3);
        assertThat(answers).extracting(BranchEndResponse::branchStatus).containsOnly(BranchStatus.PHASE_TWO_COMMITTED);
        assertThat(answers).extracting(BranchEndResponse::branchId).doesNotHaveDuplicates();
    }

    @Test
    void beyond_the_limit_of_waiting_calls_the_answer_is_to_try_again_and_comes_at_once() {
        register();
        for (int branch = 1; branch <= PhaseTwoCalls.PHASE_TWO_WAITING_MAX; branch++) {
            commit(branch);
        }
        commit(99_999);
        assertThat(answers)
                .filteredOn(answer -> answer.branchId() == 99_999)
                .singleElement()
                .satisfies(answer -> {
                    assertThat(answer.branchStatus()).isEqualTo(BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE);
                    assertThat(answer.result().message()).contains("too many");
                });
        gate.open.countDown();
        awaitAnswers(PhaseTwoCalls.PHASE_TWO_WAITING_MAX + 1);
    }

    @Test
    void an_error_of_the_action_is_answered_too() {
        register();
        calls.accept(
                new BranchRollbackRequest("x:1:1", 1, BranchType.TCC, "gate", DATA),
                answer -> answers.add((BranchEndResponse) answer));
        awaitAnswers(1);
        assertThat(answers).singleElement().satisfies(answer -> {
            assertThat(answer.branchStatus()).isEqualTo(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE);
            assertThat(answer.result().message()).contains("an Error is a failure like others");
        });
    }

    @Test
    void closing_waits_for_calls_that_run_and_takes_no_more() {
        register();
        commit(1);
        await().atMost(LONG).until(() -> gate.running.get() == 1);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> calls.close(LONG));
        await().atMost(LONG).until(() -> {
            commit(2);
            return answers.stream().anyMatch(answer -> answer.result().message().contains("closing"));
        });
        assertThat(closing).isNotDone();
        gate.open.countDown();
        assertThat(closing).succeedsWithin(LONG);
    }

    @Test
    void a_resource_id_that_is_taken_or_malformed_is_refused() {
        register();
        assertThatThrownBy(this::register).hasMessageContaining("'gate' is registered already");
        for (String id : List.of("", " ", "a,b", "x".repeat(65))) {
            assertThatThrownBy(() -> participants.register(id, Cents.class, gate))
                    .as(id)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("resourceId");
        }
        assertThat(calls.resourceIds()).isEqualTo("gate");
    }
}
