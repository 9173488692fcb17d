package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.EngineTrial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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

/** The engine held against a model that is slow and simple, over any order of what clients do. */
class RegistryEnginePropertyTest {
    private static final int CLIENTS = 3;

    sealed interface Step {
        record Open(int client, boolean resume) implements Step {}

        record Register(int client, int endpoint, int weight) implements Step {}

        record Deregister(int client, int endpoint) implements Step {}

        record Cut(int client) implements Step {}

        record Close(int client) implements Step {}

        record Wait(int seconds) implements Step {}
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var client = Arbitraries.integers().between(0, CLIENTS - 1);
        var endpoint = Arbitraries.integers().between(0, 3);
        var weight = Arbitraries.integers().between(0, 2);
        Arbitrary<Step> open =
                Combinators.combine(client, Arbitraries.of(true, false)).as(Step.Open::new);
        Arbitrary<Step> register = Combinators.combine(client, endpoint, weight).as(Step.Register::new);
        Arbitrary<Step> deregister = Combinators.combine(client, endpoint).as(Step.Deregister::new);
        Arbitrary<Step> cut = client.map(Step.Cut::new);
        Arbitrary<Step> close = client.map(Step.Close::new);
        Arbitrary<Step> wait = Arbitraries.integers().between(1, 6).map(Step.Wait::new);
        return Arbitraries.oneOf(open, open, register, register, register, deregister, cut, close, wait)
                .list()
                .ofMaxSize(120);
    }

    /** What the model knows of one session. */
    private static final class ModelSession {
        Instant deadline;
        long stream;
        final TreeMap<String, Integer> weights = new TreeMap<>();
    }

    private static final Duration LEASE = Duration.ofSeconds(10);

    @Property(tries = 500)
    void an_endpoint_is_there_exactly_as_long_as_a_session_vouches_for_it(@ForAll("steps") List<Step> steps) {
        var trial = new EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration>(
                new RegistryEngine(1, Instant.parse("2026-01-01T00:00:00Z")));
        TreeMap<Long, ModelSession> model = new TreeMap<>();
        List<Optional<Hold>> holds = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            holds.add(Optional.empty());
        }
        TreeMap<String, Integer> seen = new TreeMap<>();

        for (var step : steps) {
            switch (step) {
                case Step.Open(int client, boolean resume) -> {
                    var last = resume ? holds.get(client).map(Hold::session) : Optional.<SessionId>empty();
                    var outcome = (RegistryOutcome.Opened)
                            trial.apply(new RegistryCommand.Open("client-" + client, LEASE, last));
                    boolean lives =
                            last.isPresent() && model.containsKey(last.get().number());
                    assertThat(outcome.resumed()).isEqualTo(lives);
                    var session = model.computeIfAbsent(outcome.hold().session().number(), _ -> new ModelSession());
                    session.deadline = trial.now().plus(LEASE);
                    session.stream = outcome.hold().stream();
                    holds.set(client, Optional.of(outcome.hold()));
                }
                case Step.Register(int client, int endpoint, int weight) ->
                    holds.get(client).ifPresent(hold -> {
                        var wanted = Endpoint.of(name(endpoint), weight, Map.of());
                        var outcome = trial.apply(new RegistryCommand.Register(hold, wanted));
                        var session = holding(model, hold);
                        boolean other = model.values().stream()
                                .anyMatch(one -> one != session.orElse(null)
                                        && one.stream != 0
                                        && one.weights.containsKey(wanted.name().key()));
                        assertThat(outcome instanceof RegistryOutcome.Done).isEqualTo(session.isPresent() && !other);
                        session.ifPresent(mine -> {
                            mine.deadline = trial.now().plus(LEASE);
                            if (!other) {
                                model.values()
                                        .forEach(one ->
                                                one.weights.remove(wanted.name().key()));
                                mine.weights.put(wanted.name().key(), weight);
                            }
                        });
                    });
                case Step.Deregister(int client, int endpoint) ->
                    holds.get(client).ifPresent(hold -> {
                        trial.apply(new RegistryCommand.Deregister(hold, name(endpoint)));
                        holding(model, hold).ifPresent(mine -> {
                            mine.deadline = trial.now().plus(LEASE);
                            mine.weights.remove(name(endpoint).key());
                        });
                    });
                case Step.Cut(int client) ->
                    holds.get(client).ifPresent(hold -> {
                        trial.apply(new RegistryCommand.Detach(hold));
                        holding(model, hold).ifPresent(mine -> mine.stream = 0);
                    });
                case Step.Close(int client) ->
                    holds.get(client).ifPresent(hold -> {
                        trial.apply(new RegistryCommand.Close(hold));
                        if (holding(model, hold).isPresent()) {
                            model.remove(hold.session().number());
                        }
                    });
                case Step.Wait(int seconds) -> {
                    trial.advance(Duration.ofSeconds(seconds));
                    model.values().removeIf(session -> !session.deadline.isAfter(trial.now()));
                }
            }
            TreeMap<String, Integer> expected = new TreeMap<>();
            model.values().forEach(session -> expected.putAll(session.weights));
            for (var key : new TreeSet<>(RegistryEngineTest.takeChanged(trial))) {
                trial.engine()
                        .view(key)
                        .ifPresentOrElse(one -> seen.put(key, one.endpoint().weight()), () -> seen.remove(key));
            }
            assertThat(seen).as("what a watcher sees after %s", step).isEqualTo(expected);
            assertThat(trial.engine().keys("", "", 100)).containsExactlyElementsOf(expected.keySet());
            assertThat(trial.engine().totals().sessions()).isEqualTo(model.size());
            assertThat(trial.engine().totals().endpoints()).isEqualTo(expected.size());
            assertThat(trial.engine().nextDeadline())
                    .isEqualTo(model.values().stream()
                            .map(session -> session.deadline)
                            .min(Instant::compareTo));
        }
    }

    private static Optional<ModelSession> holding(Map<Long, ModelSession> model, Hold hold) {
        return Optional.ofNullable(model.get(hold.session().number()))
                .filter(session -> session.stream == hold.stream());
    }

    private static EndpointName name(int endpoint) {
        return new EndpointName("s" + endpoint % 2, "bolt", "127.0.0.1:" + (endpoint + 1));
    }

    /** Two engines that are told the same are the same: no clock, no chance, no order of a hash table. */
    @Property(tries = 100)
    void the_same_commands_give_the_same_state(@ForAll("steps") List<Step> steps) {
        assertThat(stateAfter(steps)).isEqualTo(stateAfter(steps));
    }

    private static byte[] stateAfter(List<Step> steps) {
        var trial = new EngineTrial<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration>(
                new RegistryEngine(1, Instant.parse("2026-01-01T00:00:00Z")));
        TreeMap<Integer, Hold> holds = new TreeMap<>();
        for (var step : steps) {
            switch (step) {
                case Step.Open(int client, boolean resume) -> {
                    var last = resume
                            ? Optional.ofNullable(holds.get(client)).map(Hold::session)
                            : Optional.<SessionId>empty();
                    if (trial.apply(new RegistryCommand.Open("c", LEASE, last))
                            instanceof RegistryOutcome.Opened opened) {
                        holds.put(client, opened.hold());
                    }
                }
                case Step.Register(int client, int endpoint, int weight) -> {
                    if (holds.containsKey(client)) {
                        trial.apply(new RegistryCommand.Register(
                                holds.get(client), Endpoint.of(name(endpoint), weight, Map.of())));
                    }
                }
                case Step.Deregister(int client, int endpoint) -> {
                    if (holds.containsKey(client)) {
                        trial.apply(new RegistryCommand.Deregister(holds.get(client), name(endpoint)));
                    }
                }
                case Step.Cut(int client) -> {
                    if (holds.containsKey(client)) {
                        trial.apply(new RegistryCommand.Detach(holds.get(client)));
                    }
                }
                case Step.Close(int client) -> {
                    if (holds.containsKey(client)) {
                        trial.apply(new RegistryCommand.Close(holds.get(client)));
                    }
                }
                case Step.Wait(int seconds) -> trial.advance(Duration.ofSeconds(seconds));
            }
        }
        return trial.state();
    }
}
