package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.EngineTrial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Engines of several servers over any order of moves, cuts, losses and healing: what holds while they differ, and that they agree. */
class SeveralServersPropertyTest {
    /*
     * The doors between the servers are left out: a link carries what Follower and Following would, whole or cut off in the middle.
     * Their own tests show that they do.
     */
    private static final int SERVERS = 3;
    /** Not so many that the registry would keep what they serve beyond its lease, for their number. */
    private static final int CLIENTS = 2;

    private static final Duration LEASE = Duration.ofSeconds(10);

    sealed interface Step {
        /** A client connects, to whichever server, with the session that it had. */
        record Connect(int client, int server) implements Step {}

        record Break(int client) implements Step {}

        record Die(int client) implements Step {}

        record Register(int client, int endpoint, int weight) implements Step {}

        record Deregister(int client, int endpoint) implements Step {}

        /** One server follows another one: all it has to tell arrives, or only the half of it. */
        record Follow(int follower, int followed, boolean half) implements Step {}

        record Lose(int follower, int followed) implements Step {}

        record Wait(int seconds) implements Step {}
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var client = Arbitraries.integers().between(0, CLIENTS - 1);
        var server = Arbitraries.integers().between(0, SERVERS - 1);
        var endpoint = Arbitraries.integers().between(0, 2);
        var half = Arbitraries.of(false, false, true);
        Arbitrary<Step> connect = Combinators.combine(client, server).as(Step.Connect::new);
        Arbitrary<Step> breaks = client.map(Step.Break::new);
        Arbitrary<Step> die = client.map(Step.Die::new);
        Arbitrary<Step> register = Combinators.combine(
                        client, endpoint, Arbitraries.integers().between(1, 3))
                .as(Step.Register::new);
        Arbitrary<Step> deregister = Combinators.combine(client, endpoint).as(Step.Deregister::new);
        Arbitrary<Step> follow = Combinators.combine(server, server, half).as(Step.Follow::new);
        Arbitrary<Step> lose = Combinators.combine(server, server).as(Step.Lose::new);
        Arbitrary<Step> wait = Arbitraries.integers().between(1, 6).map(Step.Wait::new);
        return Arbitraries.oneOf(
                        connect, connect, breaks, die, register, register, deregister, follow, follow, lose, wait)
                .list()
                .ofMaxSize(120);
    }

    private static final class Client {
        final String name;
        Optional<SessionId> session = Optional.empty();
        Optional<Hold> hold = Optional.empty();
        int server;
        final TreeMap<String, Endpoint> serves = new TreeMap<>();

        Client(String name) {
            this.name = name;
        }
    }

    private static final class House {
        final List<EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration>> servers =
                new ArrayList<>();
        final List<Client> clients = new ArrayList<>();

        House() {
            for (int i = 0; i < SERVERS; i++) {
                servers.add(new EngineTrial<>(new RegistryEngine(id(i), Instant.parse("2026-01-01T00:00:00Z"))));
            }
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Client("client-" + i));
            }
        }

        static long id(int server) {
            return server + 1L;
        }

        void run(Step step) {
            switch (step) {
                case Step.Connect(int client, int server) -> connect(clients.get(client), server);
                case Step.Break(int client) -> cut(clients.get(client));
                case Step.Die(int client) -> {
                    cut(clients.get(client));
                    clients.set(client, new Client("client-" + client));
                }
                case Step.Register(int client, int endpoint, int weight) -> {
                    var who = clients.get(client);
                    var what = Endpoint.of(name(client, endpoint), weight, Map.of());
                    who.serves.put(what.name().key(), what);
                    register(who, what);
                }
                case Step.Deregister(int client, int endpoint) -> {
                    var who = clients.get(client);
                    who.serves.remove(name(client, endpoint).key());
                    who.hold.ifPresent(hold -> servers.get(who.server)
                            .apply(new RegistryCommand.Deregister(hold, name(client, endpoint))));
                }
                case Step.Follow(int follower, int followed, boolean half) -> follow(follower, followed, half);
                case Step.Lose(int follower, int followed) ->
                    servers.get(follower).apply(new RegistryCommand.PeerLost(id(followed)));
                case Step.Wait(int seconds) -> pass(Duration.ofSeconds(seconds));
            }
        }

        private void pass(Duration time) {
            for (int i = 0; i < time.toSeconds(); i++) {
                for (var server : servers) {
                    server.advance(Duration.ofSeconds(1));
                }
                for (var client : clients) {
                    client.hold.ifPresent(
                            hold -> servers.get(client.server).apply(new RegistryCommand.KeepAlive(hold)));
                }
            }
        }

        private void connect(Client client, int server) {
            cut(client);
            // No client comes back sooner. A single move is recognized whatever the clocks say; two need the time
            // between them.
            servers.forEach(each -> each.advance(Duration.ofMillis(50)));
            var opened = (RegistryOutcome.Opened)
                    servers.get(server).apply(new RegistryCommand.Open(client.name, LEASE, client.session));
            client.server = server;
            client.hold = Optional.of(opened.hold());
            client.session = Optional.of(opened.hold().session());
            client.serves.values().forEach(endpoint -> register(client, endpoint));
        }

        private void register(Client client, Endpoint endpoint) {
            client.hold.ifPresent(
                    hold -> servers.get(client.server).apply(new RegistryCommand.Register(hold, endpoint)));
        }

        private void cut(Client client) {
            client.hold.ifPresent(hold -> servers.get(client.server).apply(new RegistryCommand.Detach(hold)));
            client.hold = Optional.empty();
        }

        void follow(int follower, int followed, boolean half) {
            if (follower == followed) {
                return;
            }
            var from = servers.get(followed).engine();
            var to = servers.get(follower);
            long id = id(followed);
            var digests =
                    from.held(id, servers.get(followed).now()).orElseThrow().digests();
            var known = to.engine().held(id, to.now()).map(HeldState::digests).orElseGet(Digests::none);
            var differing = digests.differing(known);
            List<Registration> told = new ArrayList<>();
            for (var key : from.keys(HeldKey.prefix(id), "", 1_000)) {
                if (differing.contains(Digests.bucket(HeldKey.endpoint(key)))) {
                    told.add(from.view(key).orElseThrow());
                }
            }
            to.apply(new RegistryCommand.PeerBegins(id, true, Duration.ZERO, differing));
            if (half) {
                to.apply(new RegistryCommand.PeerTells(id, told.subList(0, told.size() / 2), List.of(), false));
                to.apply(new RegistryCommand.PeerLost(id));
            } else {
                to.apply(new RegistryCommand.PeerTells(id, told, List.of(), true));
                to.apply(new RegistryCommand.PeerHeard(id, Duration.ZERO));
                assertThat(to.engine().held(id, to.now()).orElseThrow().digests())
                        .isEqualTo(digests);
            }
        }

        /** Two rounds: in the second one the others hear what a server gave up when it heard of a newer claim. */
        void heal() {
            for (int round = 0; round < 2; round++) {
                followAllBut(-1);
            }
        }

        void followAllBut(int lost) {
            for (int follower = 0; follower < SERVERS; follower++) {
                for (int followed = 0; followed < SERVERS; followed++) {
                    if (followed != lost) {
                        follow(follower, followed, false);
                    }
                }
            }
        }

        Map<String, Endpoint> directory(int server) {
            Map<String, Endpoint> seen = new HashMap<>();
            var engine = servers.get(server).engine();
            engine.keys("", "", 1_000)
                    .forEach(key -> seen.put(key, engine.view(key).orElseThrow().endpoint()));
            return seen;
        }
    }

    /** An endpoint is one client's, as an address is one process's. */
    private static EndpointName name(int client, int endpoint) {
        return new EndpointName("s" + endpoint, "bolt", "127.0.0.1:" + (client + 1));
    }

    @Property(tries = 500)
    void after_healing_all_servers_agree_and_show_what_connected_clients_serve(@ForAll("steps") List<Step> steps) {
        var house = new House();
        for (var step : steps) {
            house.run(step);
            for (var client : house.clients) {
                if (client.hold.isPresent()) {
                    assertThat(house.directory(client.server).keySet())
                            .as("what %s serves is seen where it is connected, after %s", client.name, step)
                            .containsAll(client.serves.keySet());
                }
            }
        }

        house.heal();

        for (int server = 1; server < SERVERS; server++) {
            assertThat(house.directory(server)).as("server %d", server).isEqualTo(house.directory(0));
        }
        for (var client : house.clients) {
            if (client.hold.isPresent()) {
                assertThat(house.directory(0)).containsAllEntriesOf(client.serves);
            }
        }
    }

    @Property(tries = 200)
    void what_nobody_serves_any_more_is_gone_everywhere_within_twice_the_lease(@ForAll("steps") List<Step> steps) {
        var house = new House();
        steps.forEach(house::run);
        house.heal();
        var dead = house.clients.getFirst();
        house.run(new Step.Die(0));
        // Its server dies with it: the others lose it now, at the latest.
        for (int follower = 0; follower < SERVERS; follower++) {
            house.run(new Step.Lose(follower, dead.server));
        }

        for (int second = 0; second < LEASE.toSeconds(); second++) {
            house.run(new Step.Wait(1));
            house.followAllBut(dead.server);
        }

        var keys = new TreeSet<>(dead.serves.keySet());
        for (int server = 0; server < SERVERS; server++) {
            assertThat(house.directory(server)).doesNotContainKeys(keys.toArray(String[]::new));
        }
    }
}
