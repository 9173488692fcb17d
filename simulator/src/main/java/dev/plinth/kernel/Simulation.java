package dev.plinth.kernel;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One life of a partition and all around it, drawn by lot from a seed: clients, network, world, machines with their disks and
 * clocks, and the faults of a schedule. Everything runs on the caller's thread, so a seed and a schedule are a life, always the
 * same.
 */
public final class Simulation<X extends Engine<C, O, E, V>, C, O, E, V> implements Life {
    /*
     * Each part draws from a generator of its own, seeded from the life's seed: leaving out a fault changes what comes of it, and
     * not what everybody else would have drawn. So a shorter schedule has a chance to show the same mistake.
     *
     * What must hold is checked at every entry by the seats, and whatever did not hold is thrown after the step in which it was
     * seen. When the steps are over, the faults end, all comes to rest, and what must hold then is checked too.
     */
    private static final int FAULT_EVERY_STEPS = 110;
    /** Things that happen between the members for each that happens in one. */
    private static final int CLUSTER_STEPS = 8;

    private static final int REST_STEPS_MAX = 400_000;
    private static final Duration QUIET = Duration.ofSeconds(5);

    /** How long a life is, and on what. */
    public record Shape(int members, int steps) {
        public static Shape alone(int steps) {
            return new Shape(1, steps);
        }

        public static Shape cluster(int steps) {
            return new Shape(3, steps);
        }
    }

    /** One process, and the machine that it runs on. */
    private final class Node {
        final int id;
        final SimulatedClock clock = new SimulatedClock();
        SimulatedThreads threads = new SimulatedThreads(drawThreads);

        @Nullable
        Seat<X, C, O, E, V> seat;

        boolean paused;
        Duration missed = Duration.ZERO;

        Node(int id) {
            this.id = id;
        }
    }

    private record Later(long step, long number, Runnable what) {}

    private record Attempt<C, E>(Seat<?, C, ?, E, ?> seat, E effect, Performer.Attempt<C> end) {}

    private final Subject<X, C, O, E, V> subject;
    private final Shape shape;
    private final Coverage coverage = new Coverage();
    private final Judge judge = new Judge();
    private final Truth<C, O, E> truth = new Truth<>(judge);
    private final Random draw;
    private final Random drawThreads;
    private final Random drawWorld;
    private final FaultyNetwork network;
    private final Clients<X, C, O, E, V> clients;
    private final List<Node> nodes = new ArrayList<>();
    private final @Nullable Machine<C> machine;
    private final @Nullable ModelCluster<C> cluster;
    private final List<Fault> schedule;
    private final List<Attempt<C, E>> world = new ArrayList<>();
    private final PriorityQueue<Later> later =
            new PriorityQueue<>(Comparator.comparingLong(Later::step).thenComparingLong(Later::number));
    private Machine.@Nullable Flip flipped;
    private long laterNumber;
    private int step;
    private boolean calm;

    /** A life whose faults are drawn from the seed too. */
    public Simulation(Subject<X, C, O, E, V> subject, Shape shape, long seed) {
        this(subject, shape, seed, schedule(shape, seed));
    }

    public Simulation(Subject<X, C, O, E, V> subject, Shape shape, long seed, List<Fault> schedule) {
        this.subject = subject;
        this.shape = shape;
        this.schedule = List.copyOf(schedule);
        var seeds = new Random(seed);
        this.draw = new Random(seeds.nextLong());
        this.drawThreads = new Random(seeds.nextLong());
        this.drawWorld = new Random(seeds.nextLong());
        this.network = new FaultyNetwork(new Random(seeds.nextLong()), coverage);
        for (int i = 0; i < shape.members(); i++) {
            nodes.add(new Node(i));
        }
        this.clients = new Clients<>(
                subject,
                network,
                new Random(seeds.nextLong()),
                truth,
                coverage,
                shape.members(),
                id -> nodes.get(id).seat);
        var drawBelow = new Random(seeds.nextLong());
        var codec = subject.codecs().commands();
        this.machine =
                shape.members() > 1 ? null : new Machine<>(codec, nodes.getFirst().clock, drawBelow, judge, coverage);
        this.cluster = shape.members() > 1
                ? new ModelCluster<>(nodes.stream().map(node -> node.clock).toList(), codec, drawBelow, coverage, judge)
                : null;
    }

    /** The faults that a seed draws. */
    public static List<Fault> schedule(Shape shape, long seed) {
        return Fault.schedule(new Random(~seed), shape.steps(), FAULT_EVERY_STEPS, shape.members());
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
        nodes.forEach(this::start);
        for (step = 0; step < shape.steps(); step++) {
            while (!faults.isEmpty() && faults.getFirst().step() <= step) {
                happen(faults.removeFirst());
                judge.throwFirst();
            }
            goOn();
        }
        comeToRest();
        checkEnd();
        judge.throwFirst();
    }

    private void goOn() {
        while (!later.isEmpty() && later.peek().step() <= step) {
            later.poll().what().run();
        }
        int lot = draw.nextInt(1_000);
        if (lot < 560) {
            runSomeThread();
        } else if (lot < 700) {
            if (cluster != null) {
                for (int i = 0; i < CLUSTER_STEPS; i++) {
                    cluster.step();
                }
            } else if (!calm && lot < 600) {
                machine.act();
            } else {
                runSomeThread();
            }
        } else if (lot < 820) {
            network.step();
        } else if (lot < 900) {
            clients.act(step);
        } else if (lot < 930) {
            if (!world.isEmpty()) {
                actWorld(world.remove(drawWorld.nextInt(world.size())));
            }
        } else if (lot < 950) {
            var seat = nodes.get(draw.nextInt(nodes.size())).seat;
            if (seat != null) {
                seat.watchOn();
            }
        } else {
            pass(Duration.ofNanos(draw.nextInt(20_000_000)));
        }
        judge.throwFirst();
        if (machine != null && (machine.stopped() || mustRestart())) {
            restart(nodes.getFirst(), draw.nextBoolean());
            judge.throwFirst();
        }
    }

    private void runSomeThread() {
        var node = nodes.get(draw.nextInt(nodes.size()));
        if (!node.paused && !node.threads.step() && draw.nextInt(3) == 0) {
            pass(node.clock
                    .untilNextAlarm()
                    .filter(wait -> wait.compareTo(QUIET) < 0)
                    .orElse(Duration.ofMillis(1)));
        }
    }

    private void pass(Duration time) {
        for (var node : nodes) {
            if (node.paused) {
                node.missed = node.missed.plus(time);
            } else {
                node.clock.advance(time);
            }
        }
    }

    private void later(int steps, Runnable what) {
        laterNumber++;
        later.add(new Later(step + (long) steps, laterNumber, what));
    }

    /** A person, or the service manager, restarts a server whose disk failed. */
    private boolean mustRestart() {
        var seat = nodes.getFirst().seat;
        return seat != null && seat.stopped() && (calm || draw.nextInt(50) == 0);
    }

    // ---- processes

    private void start(Node node) {
        try {
            Journal<C> journal = cluster != null
                    ? cluster.open(node.id, node.threads.serial(), node.threads.serial())
                    : machine.open(node.threads);
            var seat = new Seat<>("member " + node.id, subject, truth, judge, coverage, this::perform);
            long before = truth.last();
            seat.start(journal, node.clock);
            if (machine != null) {
                judge.check(
                        seat.applied() >= before,
                        () -> "it came back with entries up to " + seat.applied() + "; " + before
                                + " was applied before");
            }
            if (flipped != null) {
                coverage.event("flipped bit survived");
                machine.survived(flipped);
                flipped = null;
            }
            node.seat = seat;
            coverage.event("process started");
        } catch (IOException e) {
            if (flipped != null) {
                // It was found out. Somebody brings the right bytes back from a backup.
                coverage.event("flipped bit found out");
                var back = flipped;
                judge.check(
                        !machine.survives(back),
                        () -> "one damaged snapshot keeps it from starting: " + e.getMessage());
                flipped = null;
                node.threads = new SimulatedThreads(drawThreads);
                machine.down(false);
                back.turn();
                start(node);
            } else if (machine != null && machine.stopped()) {
                restart(node, true);
            } else {
                judge.check(false, () -> "it does not start: " + e.getMessage());
            }
        }
    }

    private void kill(Node node) {
        node.seat = null;
        node.paused = false;
        node.clock.advance(node.missed);
        node.missed = Duration.ZERO;
        node.clock.dropAlarms();
        node.threads = new SimulatedThreads(drawThreads);
        world.removeIf(attempt -> nodes.stream().noneMatch(other -> other.seat == attempt.seat()));
        if (cluster != null) {
            cluster.killed(node.id);
        }
    }

    private void restart(Node node, boolean powerLoss) {
        kill(node);
        machine.down(powerLoss);
        if (!calm && draw.nextInt(6) == 0) {
            // The power fails again while the store is being opened.
            machine.segments().stopAfter(draw.nextInt(6));
        }
        start(node);
    }

    // ---- the world outside

    private void perform(Seat<?, C, ?, E, ?> seat, EffectId id, E effect, Performer.Attempt<C> end) {
        if (!calm && drawWorld.nextInt(25) == 0) {
            throw new IllegalStateException("the performer throws");
        }
        world.add(new Attempt<>(seat, effect, end));
    }

    private void actWorld(Attempt<C, E> attempt) {
        var answer = subject.answer(attempt.effect(), drawWorld, calm);
        if (answer.isPresent()) {
            attempt.end().result(answer.get());
            if (!calm && drawWorld.nextInt(8) == 0) {
                // And once more, late.
                world.add(attempt);
            }
        } else if (drawWorld.nextBoolean()) {
            attempt.end().failed("the line is cut");
        } else {
            attempt.end().failed("no answer in time", Duration.ofMillis(drawWorld.nextInt(50)));
        }
    }

    // ---- faults

    private Set<String> states(Node node) {
        Set<String> states = new HashSet<>();
        if (node.seat != null) {
            states.addAll(node.seat.states());
        } else {
            states.add("down");
        }
        states.addAll(cluster != null ? cluster.states(node.id) : machine.states());
        if (!clients.atRest()) {
            states.add("client waits");
        }
        return states;
    }

    private void happen(Fault fault) {
        var node = nodes.get(fault.member());
        var random = fault.random();
        coverage.fault(fault, states(node));
        switch (fault.kind()) {
            case POWER_LOSS -> restart(node, true);
            case KILL -> {
                if (machine != null) {
                    restart(node, false);
                } else if (node.seat != null) {
                    kill(node);
                    later(random.nextInt(600), () -> start(node));
                }
            }
            case RESTART -> {
                resume(node);
                machine.close(node.threads);
                judge.throwFirst();
                restart(node, random.nextBoolean());
            }
            case STOP_AT_JOURNAL -> machine.segments().stopAfter(1 + random.nextInt(20));
            case STOP_AT_SNAPSHOTS -> machine.snapshots().stopAfter(1 + random.nextInt(6));
            case FAILING_SYNCS -> {
                machine.segments().failSyncs(true);
                // Some disks fail for good, and some only once: then what failed must not be taken for done by the next
                // sync.
                if (random.nextBoolean()) {
                    later(1 + random.nextInt(60), () -> machine.segments().failSyncs(false));
                }
            }
            case FAILING_WRITES -> {
                machine.segments().failWrites(true);
                if (random.nextBoolean()) {
                    later(1 + random.nextInt(60), () -> machine.segments().failWrites(false));
                }
            }
            case FAILING_SNAPSHOT_SYNCS -> machine.snapshots().failSyncs(true);
            case DISK_FULL -> machine.segments().capacityBytes(0);
            case DISK_HAS_ROOM -> machine.segments().capacityBytes(Long.MAX_VALUE);
            case BIT_FLIP -> flip(node, random);
            case WALL_JUMP -> node.clock.jumpWall(Machine.jump(random));
            case WALL_SKEW -> node.clock.wallRate(0.98 + random.nextInt(40) / 1_000.0);
            case SILENCE -> {
                if (random.nextInt(3) == 0) {
                    pass(Limits.SESSION_IDLE_MAX.plusSeconds(1));
                } else {
                    pass(Duration.ofMillis(random.nextInt(3_000)));
                }
            }
            case PAUSE -> {
                node.paused = true;
                later(1 + random.nextInt(300), () -> resume(node));
            }
            case STORM -> {
                network.storm(true);
                later(1 + random.nextInt(300), () -> network.storm(false));
            }
            case CUT -> {
                network.cut(node.id, random.nextInt(3));
                later(1 + random.nextInt(400), () -> network.mend(node.id));
            }
            case LEADER_CHANGE -> cluster.changeLeader();
            case ISOLATION -> {
                cluster.isolate(node.id, true);
                later(1 + random.nextInt(500), () -> cluster.isolate(node.id, false));
            }
            case LAG -> {
                cluster.lag(node.id, true);
                later(1 + random.nextInt(900), () -> cluster.lag(node.id, false));
            }
            case COMPACTION -> cluster.compact();
            case KILL_ALL ->
                nodes.forEach(one -> {
                    if (one.seat != null) {
                        kill(one);
                        later(random.nextInt(300), () -> start(one));
                    }
                });
            case LOST_FORWARDS -> {
                cluster.loseForwards(true);
                later(1 + random.nextInt(300), () -> cluster.loseForwards(false));
            }
        }
    }

    private void resume(Node node) {
        if (node.paused) {
            node.paused = false;
            node.clock.advance(node.missed);
            node.missed = Duration.ZERO;
        }
    }

    private void flip(Node node, Random random) {
        resume(node);
        machine.close(node.threads);
        judge.throwFirst();
        kill(node);
        machine.down(false);
        try {
            flipped = machine.flip(random).orElse(null);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (flipped != null) {
            flipped.turn();
        }
        start(node);
    }

    // ---- the end

    private void comeToRest() {
        calm = true;
        network.calm();
        clients.calm();
        nodes.forEach(this::resume);
        while (!later.isEmpty()) {
            later.poll().what().run();
        }
        if (machine != null) {
            restart(nodes.getFirst(), false);
        } else {
            cluster.calm();
        }
        nodes.forEach(node -> judge.check(node.seat != null, () -> "member " + node.id + " is down"));
        int from = step;
        while (!atRest()) {
            int waited = step - from;
            judge.check(waited < REST_STEPS_MAX, () -> "it does not come to rest: " + unrest());
            goOn();
            step++;
        }
        for (var node : nodes) {
            node.seat.watchOn();
            node.threads.settle();
            node.seat.checkWatch();
        }
    }

    private boolean atRest() {
        if (network.busy() || !world.isEmpty() || !clients.atRest()) {
            return false;
        }
        for (var node : nodes) {
            if (node.seat == null
                    || node.threads.busy()
                    || node.seat.openEffects() > 0
                    || !subject.atRest(node.seat.engine())) {
                return false;
            }
        }
        return cluster != null
                ? cluster.atRest()
                : machine.idle() && nodes.getFirst().seat.leads();
    }

    private String unrest() {
        var text = new StringBuilder();
        if (network.busy()) {
            text.append("messages are under way; ");
        }
        if (!world.isEmpty()) {
            text.append(world.size()).append(" attempts are under way; ");
        }
        if (!clients.atRest()) {
            text.append("clients wait for answers; ");
        }
        for (var node : nodes) {
            text.append("member ").append(node.id).append(' ').append(states(node));
            text.append(node.threads.busy() ? " busy; " : "; ");
        }
        return text.toString();
    }

    private void checkEnd() {
        for (var node : nodes) {
            var seat = node.seat;
            judge.check(
                    seat.applied() == truth.last(),
                    () -> seat.name() + " came to rest at entry " + seat.applied() + " of " + truth.last());
        }
        var entries = truth.entries();
        judge.check(
                entries.size() == truth.last(), () -> "there are " + entries.size() + " entries up to " + truth.last());
        judge.hear(() -> subject.checkEnd(nodes.getFirst().seat.engine()));
        replay();
    }

    /** From the beginning, without snapshots: the same state, and nothing is performed. */
    private void replay() {
        var seat = new Seat<>("a replay", subject, truth, judge, coverage, (_, _, _, _) -> {});
        try {
            seat.start(new Replay<>(truth.entries().values()), new SimulatedClock());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        truth.state(truth.last(), seat.state(), "a replay");
        for (var node : nodes) {
            truth.state(truth.last(), node.seat.state(), node.seat.name() + ", at rest,");
        }
    }
}
