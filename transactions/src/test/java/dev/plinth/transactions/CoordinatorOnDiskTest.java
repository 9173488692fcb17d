package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The coordinator as a server opens it: real threads, a real disk. */
class CoordinatorOnDiskTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    /** One start of the process. */
    private record Running(
            SystemClock clock,
            DiskStorage log,
            DiskStorage snapshots,
            DiskStorage history,
            SegmentStore store,
            Coordinator coordinator)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            coordinator.close();
            store.close();
            history.close();
            snapshots.close();
            log.close();
            clock.close();
        }
    }

    private Running start() throws IOException {
        var clock = new SystemClock();
        var log = DiskStorage.open(directory.resolve("log"));
        var snapshots = DiskStorage.open(directory.resolve("snapshots"));
        var history = DiskStorage.open(directory.resolve("history"));
        var store = SegmentStore.open(log, SegmentOptions.defaults().withSegmentBytes(4 << 20), clock);
        var journal = LocalJournal.open(
                store, "transactions", Coordinator.codec(), snapshots, JournalOptions.defaults(), clock);
        var coordinator = Coordinator.open(
                journal,
                history,
                phaseTwo -> CompletableFuture.completedFuture(Participants.Answer.of(
                        phaseTwo.direction() == PhaseTwo.Direction.COMMIT
                                ? BranchStatus.PHASE_TWO_COMMITTED
                                : BranchStatus.PHASE_TWO_ROLLBACKED)),
                clock,
                7);
        return new Running(clock, log, snapshots, history, store, coordinator);
    }

    private static CompletableFuture<GlobalStatus> pay(Coordinator coordinator) {
        return coordinator
                .begin(new Command.Begin("pay", TIMEOUT, "bank", "default_tx_group"))
                .thenCompose(transaction -> coordinator
                        .register(new Command.RegisterBranch(
                                transaction, BranchType.TCC, "debit", "bank:1", "", List.of(), true))
                        .thenCompose(_ -> coordinator.register(new Command.RegisterBranch(
                                transaction, BranchType.TCC, "credit", "bank:1", "", List.of(), true)))
                        .thenCompose(_ -> coordinator.commitAndAwait(transaction, Coordinator.PHASE_TWO_WAIT_DEFAULT)));
    }

    @Test
    void many_at_once_are_committed_and_all_are_found_after_a_restart() throws IOException {
        int payments = 300;
        try (var running = start()) {
            List<CompletableFuture<GlobalStatus>> all = new ArrayList<>();
            for (int i = 0; i < payments; i++) {
                all.add(pay(running.coordinator()));
            }
            all.forEach(payment -> assertThat(payment.join()).isEqualTo(GlobalStatus.COMMITTED));
        }
        try (var running = start()) {
            var transaction = running.coordinator()
                    .begin(new Command.Begin("after", TIMEOUT, "bank", "default_tx_group"))
                    .join();
            assertThat(transaction.partition()).isEqualTo(7);
            var counts = running.coordinator().counts().join();
            var recorded = running.coordinator()
                    .recent(TransactionFilter.ALL, OptionalLong.empty(), 1_000)
                    .join();
            assertThat(counts.live()).isEqualTo(1);
            assertThat(counts.unrecorded() + recorded.transactions().size()).isGreaterThanOrEqualTo(payments);
        }
    }

    @Test
    void a_closed_coordinator_refuses() throws IOException {
        var running = start();
        running.close();

        var begin = running.coordinator().begin(new Command.Begin("pay", TIMEOUT, "bank", "default_tx_group"));
        var recent = running.coordinator().recent(TransactionFilter.ALL, OptionalLong.empty(), 10);
        for (var future : List.of(begin, recent)) {
            assertThatThrownBy(future::join)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            Refused.class, refused -> assertThat(refused.code()).isEqualTo(Refused.Code.STOPPED));
        }
    }
}
