package dev.plinth.transactions;

import dev.plinth.kernel.FaultyStorage;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SimulatedClock;
import dev.plinth.kernel.SimulatedThreads;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** A coordinator on its journal and its history, on faulty disks, with participants that answer as told; on the test's own thread. */
final class World {
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** A question that a participant was asked. */
    record Asked(PhaseTwo phaseTwo, CompletableFuture<BranchStatus> answer) {
        void done() {
            answer.complete(
                    phaseTwo.direction() == PhaseTwo.Direction.COMMIT
                            ? BranchStatus.PHASE_TWO_COMMITTED
                            : BranchStatus.PHASE_TWO_ROLLBACKED);
        }
    }

    final RandomGenerator random;
    final SimulatedClock clock = new SimulatedClock();
    final FaultyStorage disk = new FaultyStorage();
    final FaultyStorage snapshots = new FaultyStorage();
    final FaultyStorage historyDisk = new FaultyStorage();
    final List<String> reports = new ArrayList<>();
    final ArrayDeque<Asked> asked = new ArrayDeque<>();
    private final JournalOptions journalOptions;
    private final History.Size historySize;
    private final long heapBytesMax;
    private final TransactionPartitions partitions;

    SimulatedThreads threads;
    Coordinator coordinator;

    World() {
        this(new Random(1), JournalOptions.defaults(), History.Size.OF_RELEASE);
    }

    /** @param heapBytesMax what all transactions may take of the heap */
    World(long heapBytesMax) {
        this(new Random(1), JournalOptions.defaults(), History.Size.OF_RELEASE, heapBytesMax);
    }

    World(RandomGenerator random, JournalOptions journalOptions, History.Size historySize) {
        this(random, journalOptions, historySize, Long.MAX_VALUE);
    }

    /** One with several partitions, with a home of their own each. */
    World(TransactionPartitions partitions) {
        this(new Random(1), JournalOptions.defaults(), History.Size.OF_RELEASE, Long.MAX_VALUE, partitions);
    }

    private World(RandomGenerator random, JournalOptions journalOptions, History.Size historySize, long heapBytesMax) {
        this(random, journalOptions, historySize, heapBytesMax, TransactionPartitions.ONE);
    }

    private World(
            RandomGenerator random,
            JournalOptions journalOptions,
            History.Size historySize,
            long heapBytesMax,
            TransactionPartitions partitions) {
        this.partitions = partitions;
        this.heapBytesMax = heapBytesMax;
        this.random = random;
        this.journalOptions = journalOptions;
        this.historySize = historySize;
        this.threads = new SimulatedThreads(random);
        this.coordinator = start();
    }

    private Coordinator start() {
        try {
            var store = SegmentStore.open(
                    disk,
                    SegmentOptions.defaults().withSegmentBytes(256 << 10),
                    clock,
                    threads.serial(),
                    threads.serial(),
                    reports::add);
            List<Journal<Command>> journals = new ArrayList<>();
            List<TransactionEngine> engines = new ArrayList<>();
            for (int number = 0; number < partitions.names().size(); number++) {
                engines.add(new TransactionEngine(number));
                journals.add(LocalJournal.open(
                        store,
                        number == 0 ? "transactions" : "transactions-" + number,
                        Coordinator.codec(),
                        snapshots,
                        journalOptions,
                        threads.serial(),
                        threads.serial(),
                        clock,
                        reports::add));
            }
            return Coordinator.open(
                    journals,
                    engines,
                    partitions,
                    historyDisk,
                    phaseTwo -> {
                        var question = new Asked(phaseTwo, new CompletableFuture<>());
                        asked.add(question);
                        return question.answer().thenApply(Participants.Answer::of);
                    },
                    Peers.NONE,
                    clock,
                    historySize,
                    threads.serial(),
                    reports::add,
                    heapBytesMax,
                    () -> {});
        } catch (IOException e) {
            throw new AssertionError("the coordinator does not start: " + e.getMessage(), e);
        }
    }

    /** The process is killed, and starts again. */
    void killed() {
        disk.kill();
        snapshots.kill();
        historyDisk.kill();
        restart();
    }

    /** The machine loses power, and starts again. */
    void powerLost() {
        disk.powerLoss(random);
        snapshots.powerLoss(random);
        historyDisk.powerLoss(random);
        restart();
    }

    private void restart() {
        clock.dropAlarms();
        asked.clear();
        threads = new SimulatedThreads(random);
        coordinator = start();
        threads.settle();
    }

    /** Lets everything happen that time is not needed for. */
    <R> R settled(CompletableFuture<R> future) {
        threads.settle();
        if (!future.isDone()) {
            throw new AssertionError("nothing is left to do, and there is no answer");
        }
        return future.join();
    }

    void pass(Duration duration) {
        // In steps, for what an alarm starts may set the next one.
        var step = Duration.ofMillis(50);
        for (var left = duration; left.isPositive(); left = left.minus(step)) {
            clock.advance(left.compareTo(step) < 0 ? left : step);
            threads.settle();
        }
    }

    TransactionId begin() {
        return begin("default_tx_group");
    }

    TransactionId begin(String serviceGroup) {
        return settled(coordinator.begin(new Command.Begin("pay", TIMEOUT, "bank", serviceGroup)));
    }

    long tcc(TransactionId transaction, String resource) {
        return register(transaction, BranchType.TCC, resource, "");
    }

    long at(TransactionId transaction, String lockKeys) {
        return register(transaction, BranchType.AT, "jdbc:accounts", lockKeys);
    }

    private long register(TransactionId transaction, BranchType type, String resource, String lockKeys) {
        var outcome = settled(coordinator.register(new Command.RegisterBranch(
                transaction, type, resource, "bank:1", "{}", LockKey.parse(lockKeys), true)));
        return ((Outcome.Registered) outcome).branchId();
    }

    /** The participants do what they are asked, until nothing is asked any more. */
    void participantsAnswer() {
        threads.settle();
        while (!asked.isEmpty()) {
            asked.remove().done();
            threads.settle();
        }
    }
}
