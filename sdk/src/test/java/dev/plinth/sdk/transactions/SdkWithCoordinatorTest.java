package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SDK's transactions on Plinth's own coordinator, over TCP, with the coordinator's journal on a real disk. */
class SdkWithCoordinatorTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    /** What the participants are asked for. */
    public record Amount(String account, long cents) {}

    /** Accounts in memory that hold money in a try, and count each branch's confirm and cancel once. */
    private static final class Holdings implements TccAction<Amount, Long> {
        final Map<String, AtomicLong> held = new ConcurrentHashMap<>();
        final Map<Long, String> ended = new ConcurrentHashMap<>();
        final AtomicLong confirmedCents = new AtomicLong();
        final AtomicLong cancelledCents = new AtomicLong();

        @Override
        public Long tryIt(TccBranch branch, Amount amount) {
            return held.computeIfAbsent(amount.account(), account -> new AtomicLong())
                    .addAndGet(amount.cents());
        }

        @Override
        public void confirm(TccBranch branch, Amount amount) {
            end(branch, amount, "confirmed", confirmedCents);
        }

        @Override
        public void cancel(TccBranch branch, Amount amount) {
            end(branch, amount, "cancelled", cancelledCents);
        }

        private void end(TccBranch branch, Amount amount, String how, AtomicLong sum) {
            String before = ended.putIfAbsent(branch.branchId(), how);
            if (before == null) {
                sum.addAndGet(amount.cents());
            } else if (!before.equals(how)) {
                throw new IllegalStateException(branch + " was " + before + " and is now to be " + how);
            }
        }
    }

    @TempDir
    Path directory;

    private TestCoordinator coordinator;
    private Transactions transactions;
    private final Holdings holdings = new Holdings();
    private TccParticipant<Amount, Long> hold;

    @BeforeEach
    void start() {
        coordinator = new TestCoordinator(directory);
        transactions = Transactions.connect(
                TransactionOptions.of("bank", coordinator.address()).withRequestTimeout(Duration.ofSeconds(20)));
        hold = transactions.participant("accounts.hold", Amount.class, holdings);
    }

    @AfterEach
    void stop() {
        transactions.close();
        coordinator.close();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .atMost(LONG);
    }

    private void endsAs(String xid, TransactionStatus status) {
        soon().until(() -> transactions.status(xid) == status);
    }

    @Test
    void a_transaction_commits_and_its_participants_confirm() {
        String xid = transactions.call("pay", LONG, tx -> {
            hold.tryIt(new Amount("alice", 100));
            hold.tryIt(new Amount("bob", 23));
            assertThat(transactions.status(tx.xid())).isEqualTo(TransactionStatus.ACTIVE);
            return tx.xid();
        });
        endsAs(xid, TransactionStatus.COMMITTED);
        assertThat(holdings.confirmedCents).hasValue(123);
        assertThat(holdings.cancelledCents).hasValue(0);
    }

    @Test
    void a_transaction_that_fails_is_rolled_back_and_its_participants_cancel() {
        List<String> xids = new ArrayList<>();
        assertThatThrownBy(() -> transactions.run("pay", LONG, tx -> {
                    xids.add(tx.xid());
                    hold.tryIt(new Amount("alice", 100));
                    throw new IllegalStateException("no funds");
                }))
                .hasMessage("no funds");
        endsAs(xids.getFirst(), TransactionStatus.ROLLED_BACK);
        assertThat(holdings.cancelledCents).hasValue(100);
        assertThat(holdings.confirmedCents).hasValue(0);
    }

    @Test
    void a_transaction_whose_time_is_over_is_rolled_back_by_the_coordinator_and_its_commit_says_so() {
        assertThatThrownBy(() -> transactions.run("slow", Duration.ofMillis(500), tx -> {
                    hold.tryIt(new Amount("alice", 100));
                    soon().until(() -> transactions.status(tx.xid()) == TransactionStatus.ROLLED_BACK);
                }))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.ROLLED_BACK));
        assertThat(holdings.cancelledCents).hasValue(100);
    }

    @Test
    void a_transaction_begun_before_a_restart_of_the_coordinator_commits_after_it() {
        String xid = transactions.call("pay", LONG, tx -> {
            hold.tryIt(new Amount("alice", 100));
            coordinator.stop();
            coordinator.start();
            return tx.xid();
        });
        endsAs(xid, TransactionStatus.COMMITTED);
        assertThat(holdings.confirmedCents).hasValue(100);
    }

    @Test
    void under_load_and_three_restarts_every_transaction_that_was_reported_committed_is_confirmed_and_no_other() {
        AtomicLong committedCents = new AtomicLong();
        AtomicLong unknownCents = new AtomicLong();
        AtomicLong stop = new AtomicLong();
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < 8; client++) {
                String account = "account-" + client;
                clients.add(CompletableFuture.runAsync(
                        () -> {
                            while (stop.get() == 0) {
                                try {
                                    transactions.run("pay", LONG, tx -> hold.tryIt(new Amount(account, 1)));
                                    committedCents.incrementAndGet();
                                } catch (PlinthException e) {
                                    // Anything but OUTCOME_UNKNOWN promises that it did not commit and never will.
                                    if (e.code() == Code.OUTCOME_UNKNOWN) {
                                        unknownCents.incrementAndGet();
                                    }
                                }
                            }
                        },
                        threads));
            }
            for (int restart = 0; restart < 3; restart++) {
                long before = committedCents.get();
                soon().until(() -> committedCents.get() > before + 100);
                coordinator.stop();
                coordinator.start();
            }
            long before = committedCents.get();
            soon().until(() -> committedCents.get() > before + 100);
            stop.set(1);
        }
        assertThat(clients).allSatisfy(client -> assertThat(client).succeedsWithin(LONG));

        soon().untilAsserted(() -> assertThat(holdings.confirmedCents.get())
                .isBetween(committedCents.get(), committedCents.get() + unknownCents.get()));
        assertThat(unknownCents)
                .as("the coordinator remembers how transactions ended")
                .hasValue(0);
    }
}
