package dev.plinth.registry.door.peer;

import dev.plinth.kernel.Coverage;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.Fault.Kind;
import dev.plinth.kernel.Life;
import dev.plinth.kernel.SimulatedClock;
import dev.plinth.kernel.SimulatedThreads;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.SessionId;
import io.grpc.ManagedChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Three registry servers that follow one another, and clients that move between them: the production engines, partitions, watches and
 * both ends of the door between servers, over lines that are cut, with servers and clients that are killed.
 *
 * <p>An endpoint whose process lives is missing nowhere for longer than its lease where a way leads to its server; one whose process is
 * dead is nowhere after twice its lease; and when all lines are whole again, all servers agree.
 */
public final class RegistryServersLife implements Life {
    /*
     * Time passes in small steps, and between two of them all that can happen does, in an order that is drawn: so what takes long takes
     * it because of a fault, and not because nobody was drawn. What is measured is measured where a fault does not excuse it.
     *
     * Each client serves a service of its own. Endpoints of one service that fall silent together are kept on purpose, which is shown
     * elsewhere.
     */
    private static final int STEPS = 4_000;
    private static final int FAULT_EVERY_STEPS = 120;
    private static final int SERVERS = 3;
    private static final int CLIENTS = 5;
    private static final int EVENTS_MAX = 100_000;
    private static final Duration STEP_MAX = Duration.ofMillis(40);
    private static final Duration LEASE = Duration.ofSeconds(8);

    /** How long after its last word a client takes its line for broken. */
    private static final Duration PATIENCE = Duration.ofMillis(1_500);

    /** What a look may come too late, or a client's word be under way. */
    private static final Duration SLACK = Duration.ofMillis(500);

    private static final Duration REST_MAX = Duration.ofSeconds(60);
    private static final List<Kind> KINDS = List.of(Kind.KILL, Kind.KILL, Kind.CUT, Kind.CUT, Kind.CUT, Kind.ISOLATION);

    private final List<Fault> schedule;
    private final Coverage coverage = new Coverage();
    private final Random draw;
    private final List<Server> servers = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<Later> later = new ArrayList<>();
    private long now;
    private long incarnations;
    private int step;
    private @Nullable AssertionError violation;

    private record Later(long at, Runnable what) {}

    public RegistryServersLife(long seed, List<Fault> schedule) {
        this.schedule = List.copyOf(schedule);
        this.draw = new Random(seed);
        for (int i = 0; i < SERVERS; i++) {
            servers.add(new Server(i));
        }
        servers.forEach(Server::start);
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client(i));
        }
    }

    public static List<Fault> schedule(long seed) {
        return Fault.schedule(new Random(~seed), STEPS, FAULT_EVERY_STEPS, SERVERS + CLIENTS, KINDS);
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
        pass(Duration.ofNanos(1 + draw.nextLong(STEP_MAX.toNanos())));
        for (var due : List.copyOf(later)) {
            if (due.at <= now) {
                later.remove(due);
                due.what.run();
            }
        }
        clients.forEach(Client::act);
        drain();
        if (step % 5 == 0) {
            servers.forEach(Server::look);
            drain();
        }
        if (violation != null) {
            throw violation;
        }
    }

    private void pass(Duration time) {
        now += time.toNanos();
        servers.forEach(server -> server.clock.advance(time));
    }

    /** All that can happen does, in an order that is drawn. */
    private void drain() {
        for (int events = 0; ; events++) {
            if (events > EVENTS_MAX) {
                throw new AssertionError("it does not come to rest between two moments");
            }
            int first = draw.nextInt(SERVERS);
            boolean happened = false;
            for (int i = 0; i < SERVERS && !happened; i++) {
                var server = servers.get((first + i) % SERVERS);
                happened = draw.nextBoolean()
                        ? server.threads.step() || server.stepLine()
                        : server.stepLine() || server.threads.step();
            }
            if (!happened) {
                return;
            }
        }
    }

    private void later(Duration delay, Runnable what) {
        later.add(new Later(now + delay.toNanos(), what));
    }

    private void violated(String what) {
        if (violation == null) {
            violation = new AssertionError(what);
        }
    }

    // ---- servers

    private final class Server implements PeerNetwork {
        private final int number;
        private final SimulatedClock clock = new SimulatedClock();
        private final TreeMap<Integer, SimulatedLine> lines = new TreeMap<>();
        private SimulatedThreads threads;
        private Registry registry;
        private Optional<RegistryPeersDoor> door = Optional.empty();
        private Set<String> seen = Set.of();
        private long life;

        Server(int number) {
            this.number = number;
            this.threads = new SimulatedThreads(draw);
            this.registry = Registry.open(++incarnations, threads.serial(), clock);
        }

        void start() {
            threads = new SimulatedThreads(draw);
            life = ++incarnations;
            registry = Registry.open(life, threads.serial(), clock);
            var workers = threads.serial();
            door = Optional.of(new RegistryPeersDoor(registry, clock, workers));
            seen = Set.of();
            List<InetSocketAddress> others = new ArrayList<>();
            for (int i = 0; i < SERVERS; i++) {
                if (i != number) {
                    others.add(InetSocketAddress.createUnresolved("server", i + 1));
                }
            }
            RegistryPeers.of(registry, others, clock, workers, this);
            coverage.event("server started");
        }

        boolean isUp() {
            return door.isPresent();
        }

        void kill() {
            door = Optional.empty();
            clock.dropAlarms();
            threads = new SimulatedThreads(draw);
            lines.values().forEach(SimulatedLine::thisGone);
            for (var other : servers) {
                if (other.lines.containsKey(number)) {
                    other.line(number).otherGone();
                }
            }
            clients.forEach(client -> client.serverGone(this));
        }

        private SimulatedLine line(int to) {
            return lines.computeIfAbsent(to, other -> new SimulatedLine(() -> servers.get(other).door));
        }

        @Override
        public ManagedChannel channel(InetSocketAddress address, Executor workers) {
            int to = address.getPort() - 1;
            boolean cut = line(to).isCut();
            var fresh = new SimulatedLine(() -> servers.get(to).door);
            fresh.cut(cut);
            old.add(line(to));
            lines.put(to, fresh);
            return fresh;
        }

        /** Lines of earlier processes: what they had under way still reaches the other end. */
        private final List<SimulatedLine> old = new ArrayList<>();

        @Override
        public long lot(long bound) {
            return draw.nextLong(bound);
        }

        boolean stepLine() {
            for (var line : old) {
                if (line.step()) {
                    return true;
                }
            }
            int first = draw.nextInt(SERVERS);
            for (int i = 0; i < SERVERS; i++) {
                int to = (first + i) % SERVERS;
                if (lines.containsKey(to) && line(to).step()) {
                    return true;
                }
            }
            return false;
        }

        /** Both ways. */
        void cut(Server other, boolean isCut) {
            line(other.number).cut(isCut);
            old.forEach(line -> line.cut(isCut));
            other.line(number).cut(isCut);
        }

        boolean reaches(Server other) {
            return this == other
                    || (isUp() && other.isUp() && !line(other.number).isCut());
        }

        /** Directly, or by way of one other. */
        boolean hears(Server other) {
            return reaches(other) || servers.stream().anyMatch(third -> reaches(third) && third.reaches(other));
        }

        void look() {
            if (!isUp()) {
                return;
            }
            var asked = registry;
            var _ = registry.endpoints(Optional.empty(), Optional.empty(), "", 1_000)
                    .whenComplete((page, failure) -> {
                        if (failure == null && asked == registry && isUp()) {
                            coverage.event("directory compared");
                            var names = new TreeSet<String>();
                            page.items()
                                    .forEach(listing -> names.add(listing.registration()
                                            .endpoint()
                                            .name()
                                            .service()));
                            seen = names;
                            clients.forEach(client -> client.lookedFor(this, names.contains(client.name.service())));
                        }
                    });
        }
    }

    // ---- clients

    private final class Client {
        private final int number;
        private final EndpointName name;
        private boolean lives = true;
        private long diedAt;
        private @Nullable Server server;
        private boolean lineHangs;
        private Optional<Hold> hold = Optional.empty();
        private Optional<SessionId> session = Optional.empty();
        private boolean registered;
        private int weight;
        private long heardAt;
        private long saidAt;
        private long connections;

        /** Since when each server may be expected to show the endpoint, and does not. */
        private final TreeMap<Integer, Long> missingSince = new TreeMap<>();

        Client(int number) {
            this.number = number;
            this.name = new EndpointName("service-" + number, "bolt", "10.0.0." + (number + 1) + ":80");
        }

        void act() {
            if (!lives) {
                return;
            }
            if (server != null && now - heardAt > PATIENCE.toNanos()) {
                disconnect(draw.nextBoolean());
            }
            if (server == null) {
                var up = servers.stream().filter(Server::isUp).toList();
                if (!up.isEmpty()) {
                    connect(up.get(draw.nextInt(up.size())));
                }
            } else if (hold.isPresent() && now - saidAt > PATIENCE.toNanos() / 4) {
                if (draw.nextInt(4) == 0) {
                    register();
                } else {
                    say(new RegistryCommand.KeepAlive(hold.get()), _ -> {});
                }
            }
        }

        private void connect(Server to) {
            server = to;
            connections++;
            registered = false;
            hold = Optional.empty();
            heardAt = now;
            say(new RegistryCommand.Open("client-" + number, LEASE, session), outcome -> {
                if (outcome instanceof RegistryOutcome.Opened opened) {
                    if (opened.resumed()) {
                        coverage.event("session resumed");
                    }
                    hold = Optional.of(opened.hold());
                    session = Optional.of(opened.hold().session());
                    register();
                }
            });
        }

        private void register() {
            weight++;
            hold.ifPresent(held ->
                    say(new RegistryCommand.Register(held, Endpoint.of(name, weight % 10_000, Map.of())), outcome -> {
                        if (outcome instanceof RegistryOutcome.Done) {
                            registered = true;
                        } else {
                            disconnect(true);
                        }
                    }));
        }

        private void say(RegistryCommand command, Consumer<RegistryOutcome> answered) {
            var to = server;
            if (to == null || lineHangs || !to.isUp()) {
                return;
            }
            saidAt = now;
            coverage.command(command);
            long connection = connections;
            var _ = to.registry.submit(command).whenComplete((outcome, failure) -> {
                if (failure == null && lives && connection == connections && !lineHangs) {
                    coverage.entry();
                    coverage.outcome(outcome);
                    heardAt = now;
                    answered.accept(outcome);
                }
            });
        }

        /** @param noticed whether the server notices that the line broke */
        private void disconnect(boolean noticed) {
            var from = server;
            if (from != null && from.isUp() && noticed && hold.isPresent()) {
                var _ = from.registry.submit(new RegistryCommand.Detach(hold.get()));
            }
            server = null;
            hold = Optional.empty();
            registered = false;
            lineHangs = false;
            connections++;
        }

        void serverGone(Server gone) {
            if (server == gone) {
                disconnect(false);
            }
            missingSince.remove(gone.number);
        }

        void kill(boolean noticed) {
            if (lives) {
                disconnect(noticed);
                lives = false;
                diedAt = now;
                session = Optional.empty();
                missingSince.clear();
            }
        }

        void start() {
            lives = true;
        }

        void lookedFor(Server at, boolean there) {
            if (!lives) {
                if (there && now - diedAt > LEASE.multipliedBy(2).plus(SLACK).toNanos()) {
                    violated(name + " is dead for " + Duration.ofNanos(now - diedAt) + ", and server " + at.number
                            + " still has it");
                }
                return;
            }
            var mine = server;
            if (there || mine == null || !registered || lineHangs || !at.hears(mine)) {
                missingSince.remove(at.number);
                return;
            }
            long since = missingSince.computeIfAbsent(at.number, _ -> now);
            if (now - since > LEASE.plus(SLACK).toNanos()) {
                violated(name + " lives, is registered with server " + mine.number + ", and server " + at.number
                        + ", which hears it, does not have it for " + Duration.ofNanos(now - since));
            }
        }
    }

    // ---- faults

    private Set<String> states() {
        Set<String> states = new HashSet<>();
        if (servers.stream().anyMatch(server -> !server.isUp())) {
            states.add("a server is down");
        }
        for (var one : servers) {
            for (var other : servers) {
                if (one.isUp() && other.isUp() && !one.reaches(other)) {
                    states.add(one.hears(other) ? "a line is cut, and gone around" : "servers are apart");
                }
            }
        }
        if (clients.stream().anyMatch(client -> client.lives && client.server == null)) {
            states.add("a client is between servers");
        }
        return states;
    }

    private void happen(Fault fault) {
        var random = fault.random();
        coverage.fault(fault, states());
        boolean ofServer = fault.member() < SERVERS;
        switch (fault.kind()) {
            case KILL -> {
                if (ofServer) {
                    var server = servers.get(fault.member());
                    if (server.isUp()) {
                        server.kill();
                        later(Duration.ofMillis(200 + random.nextInt(30_000)), server::start);
                    }
                } else {
                    var client = clients.get(fault.member() - SERVERS);
                    if (client.lives) {
                        client.kill(random.nextBoolean());
                        later(Duration.ofMillis(random.nextInt(25_000)), client::start);
                    }
                }
            }
            case CUT -> {
                if (ofServer) {
                    var one = servers.get(fault.member());
                    var other = servers.get((fault.member() + 1 + random.nextInt(SERVERS - 1)) % SERVERS);
                    one.cut(other, true);
                    later(Duration.ofMillis(random.nextInt(40_000)), () -> one.cut(other, false));
                } else {
                    var client = clients.get(fault.member() - SERVERS);
                    client.lineHangs = client.server != null;
                }
            }
            case ISOLATION -> {
                var one = servers.get(fault.member() % SERVERS);
                var others = servers.stream().filter(other -> other != one).toList();
                others.forEach(other -> one.cut(other, true));
                later(Duration.ofMillis(random.nextInt(30_000)), () -> others.forEach(other -> one.cut(other, false)));
            }
            default -> throw new IllegalStateException("fault " + fault);
        }
    }

    // ---- the end

    private void comeToRest() {
        for (var due : List.copyOf(later)) {
            due.what.run();
        }
        later.clear();
        for (var one : servers) {
            servers.stream().filter(other -> other != one).forEach(other -> one.cut(other, false));
        }
        clients.get(1).kill(draw.nextBoolean());
        long until = now + REST_MAX.toNanos();
        while (!agree()) {
            if (now > until) {
                throw new AssertionError("after healing the servers do not agree on who is there: "
                        + servers.stream().map(server -> server.seen).toList());
            }
            goOn();
            step++;
        }
    }

    private boolean agree() {
        var living = new TreeSet<String>();
        clients.stream().filter(client -> client.lives).forEach(client -> living.add(client.name.service()));
        return servers.stream().allMatch(server -> server.seen.equals(living));
    }
}
