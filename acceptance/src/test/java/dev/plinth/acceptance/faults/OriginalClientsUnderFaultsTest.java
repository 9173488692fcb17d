package dev.plinth.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * SOFARegistry's and Nacos's original clients and three servers, each on a host of its own, while one server is killed and another one
 * is cut off: from the servers that are left first, then from the clients too.
 */
@Timeout(900)
@Tag("alone")
class OriginalClientsUnderFaultsTest {
    /*
     * Which server a client begins at is drawn by its own lot. So while it begins, its host reaches one server alone: those in the east
     * the one that is cut off later, those in the west the one that is killed.
     *
     * A service of one endpoint is told as gone where its server is not heard for the lease: whether it lives behind the cut line or not
     * cannot be known. One of three or more is not, for it is more likely that the line is cut than that all died at once.
     *
     * Who is cut off from its server notices late: on a line that is silent and not broken, Nacos's clients after some ten seconds, and
     * SOFARegistry's after some beats of 15 s each.
     */
    private static final List<String> HOSTS = List.of("east", "west");
    private static final Duration NOTICED = Duration.ofSeconds(150);
    private static final int STATUS_WITHIN_MILLIS = 2_000;

    /** Served by everybody. */
    private static final String SHARED = "accounts";

    /** Served by those in the east alone. */
    private static final String EASTERN = "ledger";

    private static final String DOORS = """
            nacos: { listen: "0.0.0.0:9848", http: "0.0.0.0:8848", allowUnauthenticated: true, networks: [ 10.77.0.0/24 ] }
            sofaregistry:
              http: 0.0.0.0:9603
              bolt: 0.0.0.0:9600
              servers: [ "10.77.0.1:9600", "10.77.0.2:9600", "10.77.0.3:9600" ]
              allowUnauthenticated: true
              networks: [ 10.77.0.0/24 ]
            """;

    private final List<Party> parties = new ArrayList<>();

    @Test
    void with_one_server_killed_and_one_cut_off_each_client_sees_the_others_services_and_no_list_is_emptied()
            throws Exception {
        var missing = Leftovers.missing();
        if (missing.isPresent()) {
            say("skipped: " + missing.get());
        }
        assumeThat(missing).as(() -> missing.orElse("")).isEmpty();
        var directory = Path.of(
                        "target",
                        "original-clients",
                        Long.toString(ProcessHandle.current().pid()))
                .toAbsolutePath();
        Files.createDirectories(directory);
        try (var trio = Trio.start(directory, Optional.empty(), HOSTS, DOORS)) {
            try {
                live(trio, directory);
            } catch (Exception | AssertionError e) {
                say("FAILED; what clients were told, and the servers' logs, are in " + directory);
                throw e;
            } finally {
                for (var party : parties) {
                    Files.write(directory.resolve(party + "-was-told"), party.told());
                    party.close();
                }
            }
        }
        assertThat(Leftovers.own()).as("what is left on the machine").isEmpty();
    }

    private void live(Trio trio, Path directory) throws Exception {
        var killed = trio.servers().get(0);
        var left = trio.servers().get(1);
        var cutOff = trio.servers().get(2);
        begin(trio, directory, HOSTS.get(0), cutOff);
        var eastern = List.copyOf(parties);
        eastern.forEach(party -> party.serve(EASTERN));
        begin(trio, directory, HOSTS.get(1), killed);
        serve("before", trio.servers());
        see("before", parties);
        see(SHARED, parties, parties);
        see(EASTERN, eastern, parties);
        say("clients at servers " + cutOff + " and " + killed + " see one another");

        killed.kill();
        serve("killed", List.of(left, cutOff));
        see("killed", parties);
        see(SHARED, parties, parties);
        for (var party : parties) {
            assertThat(party.sawEmptied())
                    .as("services of which " + party + " was told that nobody serves them")
                    .isEmpty();
        }
        say("server " + killed + " was killed, and all see one another");

        trio.network().cutBoth(cutOff.name(), left.name());
        parties.forEach(party -> party.serve(party.own("parted")));
        await("what is new at server " + left + " or at server " + cutOff + ", and not at both")
                .atMost(NOTICED)
                .until(() -> at(left, "parted").size() + at(cutOff, "parted").size() == parties.size());
        var there = at(cutOff, "parted");
        assertThat(there).containsAll(eastern);
        see("parted", there);
        await("the end of the leases that server " + left + " knows from server " + cutOff)
                .atMost(NOTICED)
                .until(() -> endpoints(left).stream().noneMatch(line -> line.startsWith("before-" + HOSTS.get(0))));
        assertThat(endpoints(left)).anyMatch(line -> line.startsWith(EASTERN) && line.endsWith(" suspect"));
        say("server " + cutOff + " is cut off from server " + left + ", and its " + there.size()
                + " clients see one another");

        for (var host : HOSTS) {
            trio.network().cutBoth(cutOff.name(), host);
        }
        see("parted", parties);
        serve("cut off", List.of(left));
        see("cut off", parties);
        see(SHARED, parties, parties);
        see(EASTERN, eastern, parties);
        say("server " + cutOff + " is cut off from the clients too, and all see one another at server " + left);

        trio.network().heal();
        trio.start(killed);
        trio.awaitWhole();
        serve("healed", trio.servers());
        see("healed", parties);
        await("the three servers' registries alike").atMost(NOTICED).untilAsserted(() -> {
            var known = endpoints(left);
            assertThat(known)
                    .hasSize(6 * parties.size() + eastern.size())
                    .allMatch(line -> line.endsWith(" connected"));
            assertThat(endpoints(cutOff)).isEqualTo(known);
            assertThat(endpoints(killed)).isEqualTo(known);
        });
        say("all is healed, and the three servers know the same");
        for (var party : parties) {
            assertThat(party.sawEmptied())
                    .as("services of which " + party + " was told that nobody serves them")
                    .doesNotContain(SHARED, EASTERN);
        }
    }

    /** Starts a client of each kind, at this server. */
    private void begin(Trio trio, Path directory, String host, Server first) throws Exception {
        for (var other : trio.others(first)) {
            trio.network().cutBoth(host, other.name());
        }
        List<Party> begun = new ArrayList<>();
        for (var kind : Party.Kind.values()) {
            begun.add(Party.start(kind, trio, host, first, directory));
        }
        parties.addAll(begun);
        for (var party : begun) {
            party.ready();
            party.serve(SHARED);
            await(party + " at server " + first)
                    .atMost(NOTICED)
                    .until(() -> endpoints(first).contains(SHARED + " " + party.address() + " connected"));
        }
        trio.network().heal();
    }

    /** Each serves something of its own, and these servers come to know it. */
    private void serve(String when, List<Server> known) {
        parties.forEach(party -> party.serve(party.own(word(when))));
        for (var server : known) {
            await("what is new at server " + server + " when " + when)
                    .atMost(NOTICED)
                    .untilAsserted(() -> assertThat(at(server, word(when))).isEqualTo(parties));
        }
    }

    private static String word(String when) {
        return when.replace(' ', '-');
    }

    /** Each of these is told of what each of them serves since then. */
    private static void see(String when, List<Party> who) {
        for (var other : who) {
            who.forEach(party -> party.follow(other.own(word(when))));
        }
        for (var other : who) {
            see(other.own(word(when)), List.of(other), who);
        }
    }

    /** Each of these is told that these serve it. */
    private static void see(String service, List<Party> serving, List<Party> who) {
        var addresses = serving.stream().map(Party::address).collect(Collectors.toSet());
        who.forEach(party -> party.follow(service));
        for (var party : who) {
            await(service + " in the eyes of " + party)
                    .atMost(NOTICED)
                    .until(() -> party.sees(service), addresses::equals);
        }
    }

    /** Whose own service of that time a server knows. */
    private List<Party> at(Server server, String when) {
        var known = endpoints(server);
        return parties.stream()
                .filter(party -> known.contains(party.own(when) + " " + party.address() + " connected"))
                .toList();
    }

    /** What a server knows: {@code service address connected}; nothing if it does not answer. */
    private static Set<String> endpoints(Server server) {
        try {
            return RegistryGrpc.newBlockingStub(server.channel())
                    .withDeadlineAfter(STATUS_WITHIN_MILLIS, TimeUnit.MILLISECONDS)
                    .listEndpoints(ListEndpointsRequest.getDefaultInstance())
                    .getRegistrationsList()
                    .stream()
                    .map(one -> Stream.of(
                                    one.getEndpoint().getService(),
                                    one.getEndpoint().getAddress(),
                                    one.getConnected() ? "connected" : "suspect")
                            .collect(Collectors.joining(" ")))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (StatusRuntimeException _) {
            server.channel().resetConnectBackoff();
            return Set.of();
        }
    }

    private static void say(String line) {
        System.out.println("CLIENTS " + line);
    }
}
