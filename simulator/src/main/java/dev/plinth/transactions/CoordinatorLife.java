package dev.plinth.transactions;

import dev.plinth.kernel.Coverage;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.Fault.Kind;
import dev.plinth.kernel.FaultyStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Life;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SimulatedClock;
import dev.plinth.kernel.SimulatedThreads;
import dev.plinth.wire.seata.BranchStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The coordinator as doors use it: the production {@link Coordinator} with its performer, its waiters and its history, on the
 * production journal and failing disks; {@link CoordinatorClients applications and people}; and participants with {@link Deeds
 * databases of their own}, who crash, and whom phase two reaches late, twice, or not at all.
 */
public final class CoordinatorLife implements Life {
    /*
     * TransactionsSubject lives the engine under every journal. Here lives what is around it: a call to a participant is a message
     * that may arrive after the coordinator that sent it was killed, and may arrive again long afterwards; its answer may be lost.
     * So the truth is what the participants did to their branches, and it is compared with what clients were answered.
     *
     * A coordinator fails over here by a loss of power or a kill, and the next one opens what is on the disk, while the calls of the
     * one before are still on their way. Leaders that change while both live are TransactionsSubject's, on the model of the cluster.
     */
    private static final int STEPS = 5_000;
    private static final int FAULT_EVERY_STEPS = 60;
    private static final int PARTICIPANTS = 3;
    private static final int REST_STEPS_MAX = 200_000;
    private static final int REST_LOOK_EVERY_STEPS = 500;

    /** How the participant of the SDK begins the report of rows that it cannot undo. */
    private static final String ROWS = "{\"dirty\":[]}";

    private static final List<Kind> KINDS = List.of(
            Kind.KILL, Kind.POWER_LOSS, Kind.WALL_JUMP, Kind.WALL_SKEW, Kind.SILENCE, Kind.CUT, Kind.STORM, Kind.PAUSE);

    private record Message(long step, long number, Runnable what) {}

    private static final TransactionPartitions EAST_AND_WEST =
            new TransactionPartitions(List.of("east", "west"), 0, List.of(new TransactionPartitions.Group("west*", 1)));

    private final TransactionPartitions partitions;
    private final Random drawStrays;
    private final List<StrayingJournal> journals = new ArrayList<>();
    private final List<Fault> schedule;
    private final Coverage coverage = new Coverage();
    private final Random draw;
    private final Random drawThreads;
    private final long heapBytesMax;
    private final SimulatedClock clock = new SimulatedClock();
    private final FaultyStorage disk = new FaultyStorage();
    private final FaultyStorage snapshots = new FaultyStorage();
    private final FaultyStorage historyDisk = new FaultyStorage();
    private final PriorityQueue<Message> network =
            new PriorityQueue<>(Comparator.comparingLong(Message::step).thenComparingLong(Message::number));
    private final Deeds deeds = new Deeds(this::check);
    private final CoordinatorClients clients;
    private final boolean[] down = new boolean[PARTICIPANTS];
    private SimulatedThreads threads;
    private Coordinator coordinator;
    private long incarnation;
    private long messages;
    private boolean lossy;
    private boolean storm;
    private int step;
    private boolean calm;
    private Optional<AssertionError> violation = Optional.empty();

    public CoordinatorLife(long seed, List<Fault> schedule) {
        this(seed, schedule, TransactionPartitions.ONE);
    }

    /** One with two partitions, between which what is asked may come twice. */
    public static CoordinatorLife ofPartitions(long seed, List<Fault> schedule) {
        return new CoordinatorLife(seed, schedule, EAST_AND_WEST);
    }

    private CoordinatorLife(long seed, List<Fault> schedule, TransactionPartitions partitions) {
        this.partitions = partitions;
        this.drawStrays = new Random(seed ^ 0x5712a7L);
        this.schedule = List.copyOf(schedule);
        var seeds = new Random(seed);
        this.draw = new Random(seeds.nextLong());
        this.drawThreads = new Random(seeds.nextLong());
        this.heapBytesMax = heapBytesMax(new Random(seeds.nextLong()));
        this.clients = new CoordinatorClients(
                new CoordinatorClients.World() {
                    @Override
                    public Coordinator coordinator() {
                        return coordinator;
                    }

                    @Override
                    public long incarnation() {
                        return incarnation;
                    }

                    @Override
                    public void later(int stepsMax, Runnable what) {
                        CoordinatorLife.this.later(stepsMax, what);
                    }

                    @Override
                    public void check(boolean holds, String otherwise) {
                        CoordinatorLife.this.check(holds, otherwise);
                    }
                },
                deeds,
                coverage,
                draw,
                partitions.names().size() == 1 ? CoordinatorClients.Places.ONE : CoordinatorClients.Places.two(seed));
        start();
    }

    /** In every fourth life there is room for a few transactions only: what is beyond is refused, and what lives ends as ever. */
    private static long heapBytesMax(Random room) {
        return room.nextInt(4) == 0 ? 1_500 + room.nextInt(3_000) : Long.MAX_VALUE;
    }

    /** The faults that a seed draws; member 0 is the coordinator, the others are participants. */
    public static List<Fault> schedule(long seed) {
        return Fault.schedule(new Random(~seed), STEPS, FAULT_EVERY_STEPS, PARTICIPANTS + 1, KINDS);
    }

    @Override
    public Coverage coverage() {
        return coverage;
    }

    @Override
    public int step() {
        return step;
    }

    @Override
    public void run() {
        var faults = new ArrayList<>(schedule);
        for (step = 0; step < STEPS; step++) {
            while (!faults.isEmpty() && faults.getFirst().step() <= step) {
                happen(faults.removeFirst());
            }
            goOn();
        }
        comeToRest();
    }

    private void goOn() {
        while (!network.isEmpty() && network.peek().step() <= step) {
            network.poll().what().run();
        }
        int lot = draw.nextInt(1_000);
        if (lot < 600) {
            threads.step();
        } else if (lot < 800) {
            if (!calm) {
                clients.ask();
            }
        } else if (lot < 820) {
            clients.look();
        } else {
            clock.advance(Duration.ofNanos(draw.nextInt(50_000_000)));
        }
        if (violation.isPresent()) {
            throw violation.get();
        }
    }

    private void check(boolean holds, String otherwise) {
        if (!holds && violation.isEmpty()) {
            violation = Optional.of(new AssertionError(otherwise));
        }
    }

    private void later(int stepsMax, Runnable what) {
        messages++;
        network.add(new Message(step + 1L + draw.nextInt(stepsMax), messages, what));
    }

    // ---- the coordinator

    private void start() {
        incarnation++;
        threads = new SimulatedThreads(drawThreads);
        try {
            var store = SegmentStore.open(
                    disk,
                    SegmentOptions.defaults().withSegmentBytes(64 << 10),
                    clock,
                    threads.serial(),
                    threads.serial(),
                    _ -> {});
            journals.clear();
            List<TransactionEngine> engines = new ArrayList<>();
            for (int number = 0; number < partitions.names().size(); number++) {
                var journal = LocalJournal.open(
                        store,
                        number == 0 ? "transactions" : "transactions-" + number,
                        Coordinator.codec(),
                        snapshots,
                        JournalOptions.defaults(),
                        threads.serial(),
                        threads.serial(),
                        clock,
                        _ -> {});
                int of = number;
                journals.add(new StrayingJournal(journal, taking -> stray(of, taking)));
                engines.add(new TransactionEngine(number));
            }
            coordinator = Coordinator.open(
                    List.copyOf(journals),
                    engines,
                    partitions,
                    historyDisk,
                    this::perform,
                    Peers.NONE,
                    clock,
                    History.Size.OF_RELEASE,
                    threads.serial(),
                    _ -> {},
                    heapBytesMax,
                    () -> {});
        } catch (IOException e) {
            throw new AssertionError("the coordinator does not start: " + e.getMessage(), e);
        }
        coverage.event("process started");
    }

    /** What a leader of before sent, and was sent again by the next one, may still come, after everything that came of it. */
    private void stray(int partition, Command.TakeLocks taking) {
        if (calm || drawStrays.nextInt(6) > 0) {
            return;
        }
        coverage.event("rows taken once more");
        messages++;
        network.add(new Message(
                step + 1L + drawStrays.nextInt(drawStrays.nextBoolean() ? 60 : 3_000),
                messages,
                () -> journals.get(partition).once(taking)));
    }

    private void crash(boolean power, Random random) {
        if (power) {
            disk.powerLoss(random);
            snapshots.powerLoss(random);
            historyDisk.powerLoss(random);
        } else {
            disk.kill();
            snapshots.kill();
            historyDisk.kill();
        }
        clock.dropAlarms();
        start();
    }

    // ---- the way to participants

    /** Sends phase two. What happens to it depends on nobody but the network, not even on who sent it. */
    private CompletableFuture<Participants.Answer> perform(PhaseTwo phaseTwo) {
        var answer = new CompletableFuture<Participants.Answer>();
        boolean lost = lossy && draw.nextInt(3) == 0;
        int copies = lost ? 0 : storm && draw.nextInt(3) == 0 ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            later(storm ? 2_000 : 60, () -> arrives(phaseTwo, answer));
        }
        if (copies == 2) {
            coverage.event("phase two sent twice");
        }
        if (lost) {
            coverage.event("phase two lost");
            later(200, () -> answer.completeExceptionally(new Peers.NotReached("no answer in time")));
        }
        return answer;
    }

    private void arrives(PhaseTwo phaseTwo, CompletableFuture<Participants.Answer> answer) {
        if (down[(int) Math.floorMod(phaseTwo.branchId(), (long) PARTICIPANTS)]) {
            later(60, () -> answer.completeExceptionally(new Peers.NotReached("the participant is down")));
            return;
        }
        var said = deeds.asked(phaseTwo, draw, calm);
        coverage.entry();
        coverage.event("phase two answered " + said);
        if (lossy && draw.nextInt(3) == 0) {
            coverage.event("answer lost");
            later(200, () -> answer.completeExceptionally(new Peers.NotReached("no answer in time")));
            return;
        }
        boolean rows = said == BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE && draw.nextBoolean();
        later(60, () -> answer.complete(new Participants.Answer(said, rows ? ROWS : "")));
    }

    // ---- faults

    private void happen(Fault fault) {
        var random = fault.random();
        coverage.fault(fault, Set.copyOf(clients.states()));
        int participant = Math.max(0, fault.member() - 1);
        switch (fault.kind()) {
            case KILL, POWER_LOSS -> {
                if (fault.member() == 0) {
                    crash(fault.kind() == Kind.POWER_LOSS, random);
                } else {
                    down[participant] = true;
                    later(1 + random.nextInt(800), () -> {
                        down[participant] = false;
                        coordinator.participantBack(
                                Set.of("jdbc:bank", "jdbc:west", "freeze", "bank#default_tx_group"));
                    });
                }
            }
            case WALL_JUMP -> clock.jumpWall(Duration.ofMillis(random.nextInt(-100_000, 100_000)));
            case WALL_SKEW -> clock.wallRate(0.98 + random.nextInt(40) / 1_000.0);
            case SILENCE, PAUSE -> clock.advance(Duration.ofMillis(random.nextInt(4_000)));
            case CUT -> {
                lossy = true;
                later(1 + random.nextInt(600), () -> lossy = false);
            }
            case STORM -> {
                storm = true;
                later(1 + random.nextInt(600), () -> storm = false);
            }
            default -> throw new IllegalStateException("fault " + fault);
        }
    }

    // ---- the end

    private void comeToRest() {
        calm = true;
        int from = step;
        for (; !atRest(); step++) {
            if (step - from > REST_STEPS_MAX) {
                var live = coordinator.live(TransactionFilter.ALL, OptionalLong.empty(), 3);
                threads.settle();
                throw new AssertionError("it does not come to rest: " + live.join() + " " + stuck());
            }
            if (step % REST_LOOK_EVERY_STEPS == 0) {
                clients.lookAtAll();
                threads.settle(); // so many questions would keep it busy for ever
            }
            goOn();
            if (!threads.busy() && network.isEmpty()) {
                clock.untilNextAlarm().ifPresent(clock::advance);
            }
        }
        clients.lookAtAll();
        clients.checkRowsFree();
        threads.settle();
        if (violation.isPresent()) {
            throw violation.get();
        }
    }

    private TransactionCounts stuck() {
        var counts = coordinator.counts();
        threads.settle();
        return counts.join();
    }

    private boolean atRest() {
        if (step % 200 != 0 || threads.busy() || !network.isEmpty()) {
            return false;
        }
        var counts = coordinator.counts();
        threads.settle();
        return counts.join().live() == 0
                && (partitions.names().size() == 1
                        || (counts.join().locks() == 0 && counts.join().unrecorded() == 0));
    }
}
