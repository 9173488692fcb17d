package dev.plinth.simulator;

import dev.plinth.kernel.Coverage;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.Fault.Kind;
import dev.plinth.kernel.Life;
import dev.plinth.kernel.SimulatedClock;
import dev.plinth.kernel.SimulatedThreads;
import dev.plinth.registry.Listing;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.grpc.RegistryDoor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * The registry with its door: the production engine, inbox, partition, watches and streams' logic, with clients that keep the
 * door's protocol over lines that hang and break. What it acknowledged lives as long as its client's session does.
 */
final class RegistryLife implements Life {
    /*
     * A client knows until when its session lives at least: a lease from when it sent the last request that was answered. Until
     * then what it registered must be there, whatever happens to its lines. Endpoints carry a weight that grows with each
     * registration, so an older state shows when it comes after a newer one.
     */
    private static final int STEPS = 5_000;
    private static final int FAULT_EVERY_STEPS = 60;
    private static final int CLIENTS = 6;

    /** Two clients serve the same endpoint: they quarrel about it. */
    private static final int ADDRESSES = CLIENTS - 1;

    private static final int SERVICES = 3;
    private static final int PASSES_NANOS_MAX = 100_000_000;

    /**
     * In the end lines are quicker: where all leases are short, they would else never catch up with clients that give a line up, and say
     * everything again on the next, because they were not heard.
     */
    private static final int CALM_PASSES_NANOS_MAX = 30_000_000;

    private static final int REST_STEPS_MAX = 200_000;
    private static final List<Kind> KINDS =
            List.of(Kind.KILL, Kind.PAUSE, Kind.WALL_JUMP, Kind.WALL_SKEW, Kind.SILENCE, Kind.CUT, Kind.STORM);

    private record Later(long step, long number, Runnable what) {}

    private final List<Fault> schedule;
    private final Coverage coverage = new Coverage();
    private final Random draw;
    private final Random drawThreads;
    private final SimulatedClock clock = new SimulatedClock();
    private final List<RegistryClient> clients = new ArrayList<>();
    private final PriorityQueue<Later> later =
            new PriorityQueue<>(Comparator.comparingLong(Later::step).thenComparingLong(Later::number));
    private SimulatedThreads threads;
    private Registry registry;
    private RegistryDoor door;
    private long incarnation;
    private boolean paused;
    private Duration missed = Duration.ZERO;
    private long now;
    private long laterNumber;
    private int step;
    private boolean calm;
    private AssertionError violation;

    RegistryLife(long seed, List<Fault> schedule) {
        this.schedule = List.copyOf(schedule);
        var seeds = new Random(seed);
        this.draw = new Random(seeds.nextLong());
        this.drawThreads = new Random(seeds.nextLong());
        startServer();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new RegistryClient(
                    i,
                    "service-" + i % ADDRESSES % SERVICES,
                    "10.0.0." + i % ADDRESSES + ":80",
                    "service-" + (i + 1) % SERVICES,
                    new Random(seeds.nextLong()),
                    coverage,
                    () -> now));
        }
    }

    static List<Fault> schedule(long seed) {
        return Fault.schedule(new Random(~seed), STEPS, FAULT_EVERY_STEPS, CLIENTS + 1, KINDS);
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
        while (!later.isEmpty() && later.peek().step() <= step) {
            later.poll().what().run();
        }
        int lot = draw.nextInt(1_000);
        if (lot < 350) {
            if (!paused) {
                threads.step();
            }
        } else if (lot < 600) {
            client().someLine(draw).ifPresent(line -> line.step(draw, paused));
        } else if (lot < 780) {
            client().act(now, door, calm);
        } else if (lot < 830) {
            look();
        } else {
            pass(Duration.ofNanos(draw.nextInt(calm ? CALM_PASSES_NANOS_MAX : PASSES_NANOS_MAX)));
        }
        for (var client : clients) {
            client.throwViolation();
        }
        if (violation != null) {
            throw violation;
        }
    }

    private RegistryClient client() {
        return clients.get(draw.nextInt(clients.size()));
    }

    private void pass(Duration time) {
        now += time.toNanos();
        if (paused) {
            missed = missed.plus(time);
        } else {
            clock.advance(time);
        }
    }

    private void later(int steps, Runnable what) {
        laterNumber++;
        later.add(new Later(step + (long) steps, laterNumber, what));
    }

    // ---- the server

    private void startServer() {
        incarnation++;
        threads = new SimulatedThreads(drawThreads);
        registry = Registry.open(incarnation, threads.serial(), clock);
        door = new RegistryDoor(registry, clock, threads.serial());
        coverage.event("process started");
    }

    private void resume() {
        paused = false;
        clock.advance(missed);
        missed = Duration.ZERO;
    }

    /** Asks the registry what there is, and compares it with what clients can rely on. */
    private void look() {
        long asked = incarnation;
        var _ = registry.endpoints(Optional.empty(), Optional.empty(), "", 1_000)
                .whenComplete((page, problem) -> {
                    if (problem == null && asked == incarnation) {
                        coverage.event("directory compared");
                        compare(page.items());
                    }
                });
    }

    private void compare(List<Listing> listings) {
        var weights = new TreeMap<String, Integer>();
        listings.forEach(listing -> {
            var endpoint = listing.registration().endpoint();
            weights.put(endpoint.name().service() + " " + endpoint.name().address(), endpoint.weight());
        });
        for (var client : clients) {
            if (client.id() % ADDRESSES == 0 || !client.reliesOn(now, incarnation)) {
                continue;
            }
            var weight = weights.get(client.service() + " " + client.address());
            if (weight == null || weight < client.weightAnswered()) {
                violation = new AssertionError(client + " was answered that it serves with weight "
                        + client.weightAnswered() + ", its lease is not over, and the registry has "
                        + (weight == null ? "nothing" : "weight " + weight));
            }
        }
    }

    // ---- faults

    private Set<String> states() {
        Set<String> states = new HashSet<>();
        for (var client : clients) {
            states.addAll(client.states(now, incarnation));
        }
        if (paused) {
            states.add("server paused");
        }
        return states;
    }

    private void happen(Fault fault) {
        var random = fault.random();
        coverage.fault(fault, states());
        boolean server = fault.member() == 0;
        var client = clients.get(Math.max(0, fault.member() - 1));
        switch (fault.kind()) {
            case KILL -> {
                if (server) {
                    resume();
                    clock.dropAlarms();
                    clients.forEach(RegistryClient::serverGone);
                    startServer();
                } else {
                    client.kill(random.nextBoolean());
                    later(random.nextInt(600), () -> client.start(now));
                }
            }
            case PAUSE -> {
                paused = true;
                later(1 + random.nextInt(80), this::resume);
            }
            case WALL_JUMP -> clock.jumpWall(Duration.ofMillis(random.nextInt(-100_000, 100_000)));
            case WALL_SKEW -> clock.wallRate(0.98 + random.nextInt(40) / 1_000.0);
            case SILENCE -> pass(Duration.ofMillis(random.nextInt(4_000)));
            case CUT ->
                client.line().ifPresent(line -> {
                    line.hang(true);
                    later(1 + random.nextInt(400), () -> line.hang(false));
                });
            case STORM ->
                clients.forEach(one -> {
                    if (random.nextBoolean()) {
                        one.line().ifPresent(line -> line.tear(random));
                    }
                });
            default -> throw new IllegalStateException("fault " + fault);
        }
    }

    // ---- the end

    private void comeToRest() {
        calm = true;
        resume();
        while (!later.isEmpty()) {
            later.poll().what().run();
        }
        var gone = clients.get(1);
        gone.kill(draw.nextBoolean());
        clients.forEach(client -> client.line().ifPresent(line -> line.hang(false)));
        int from = step;
        while (!atRest(gone)) {
            if (step - from > REST_STEPS_MAX) {
                throw new AssertionError("it does not come to rest: " + clients);
            }
            goOn();
            step++;
        }
    }

    /** Everybody who lives is registered and knows of everybody else, and who is gone is gone. */
    private boolean atRest(RegistryClient gone) {
        if (step % 200 != 0 || threads.busy()) {
            return false;
        }
        var asked = registry.endpoints(Optional.empty(), Optional.empty(), "", 1_000);
        threads.settle();
        var byService = new TreeMap<String, TreeMap<String, Integer>>();
        asked.join().items().forEach(listing -> {
            var endpoint = listing.registration().endpoint();
            byService
                    .computeIfAbsent(endpoint.name().service(), _ -> new TreeMap<>())
                    .put(endpoint.name().address(), endpoint.weight());
        });
        for (var client : clients) {
            var there = byService.getOrDefault(client.service(), new TreeMap<>());
            if (client.equals(gone)) {
                if (there.containsKey(client.address())) {
                    return false;
                }
            } else if (!there.containsKey(client.address())
                    || !client.seen().equals(byService.getOrDefault(client.subscribed(), new TreeMap<>()))) {
                return false;
            }
        }
        return true;
    }
}
