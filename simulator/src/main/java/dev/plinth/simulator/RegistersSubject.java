package dev.plinth.simulator;

import dev.plinth.checker.History;
import dev.plinth.checker.Linearizability;
import dev.plinth.checker.RegisterModel;
import dev.plinth.checker.Verdict;
import dev.plinth.kernel.Codecs;
import dev.plinth.kernel.Fault;
import dev.plinth.kernel.Simulation;
import dev.plinth.kernel.Subject;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** A few registers, of which every answer that a client got must be explained by one order. */
final class RegistersSubject implements Subject<Registers, Registers.Command, RegisterModel.Output<Long>, Void, Long> {
    private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f", "g", "h");

    private final History<String, RegisterModel.Input<Long>, RegisterModel.Output<Long>> history = new History<>();
    private long values;
    private long clients;

    static Simulation<?, ?, ?, ?, ?> life(Simulation.Shape shape, long seed, List<Fault> schedule) {
        return new Simulation<>(new RegistersSubject(), shape, seed, schedule);
    }

    @Override
    public Registers engine() {
        return new Registers();
    }

    @Override
    public Codecs<Registers.Command, RegisterModel.Output<Long>, Void> codecs() {
        return Codecs.withoutEffects(Registers.COMMANDS, Registers.OUTCOMES);
    }

    @Override
    public Optional<Ask<Registers, Registers.Command, RegisterModel.Output<Long>>> next(
            RandomGenerator random, boolean calm) {
        if (calm) {
            return Optional.empty();
        }
        var name = NAMES.get(random.nextInt(NAMES.size()));
        clients++;
        var client = "client-" + clients;
        if (random.nextInt(3) != 0) {
            var call = history.call(client, name, new RegisterModel.Read<>());
            return Optional.of(new Ask.Query<>(
                    registers -> new RegisterModel.Value<>(registers.value(name)), answer -> {
                        @SuppressWarnings("unchecked") // it is what the query answers
                        var value = (RegisterModel.Value<Long>) answer;
                        call.returned(value);
                    }));
        }
        values++;
        RegisterModel.Input<Long> input = random.nextBoolean()
                ? new RegisterModel.Write<>(values)
                : new RegisterModel.Cas<>(
                        random.nextInt(4) == 0 ? Optional.empty() : Optional.of(random.nextLong(values)), values);
        var call = history.call(client, name, input);
        return Optional.of(new Ask.Command<>(new Registers.Command(name, input), call::returned, call::refused));
    }

    @Override
    public Optional<Registers.Command> answer(Void effect, RandomGenerator random, boolean calm) {
        return Optional.empty();
    }

    @Override
    public void check(Registers engine, Instant now) {
        // The clients' history says all, at the end.
    }

    @Override
    public Object visible(Registers engine) {
        return NAMES.stream().map(engine::value).toList();
    }

    @Override
    public Set<String> states(Registers engine) {
        return NAMES.stream().anyMatch(name -> engine.value(name).isPresent()) ? Set.of("written") : Set.of();
    }

    @Override
    public boolean atRest(Registers engine) {
        return true;
    }

    @Override
    public void checkEnd(Registers engine) {
        // What is there at the end was read by somebody, too: a lost write shows even if nobody asked again.
        NAMES.forEach(name -> history.call("at the end", name, new RegisterModel.Read<>())
                .returned(new RegisterModel.Value<>(engine.value(name))));
        switch (new Linearizability<>(new RegisterModel<Long>()).check(history)) {
            case Verdict.Violation violation -> throw new AssertionError(violation.explanation());
            case Verdict.Undecided undecided ->
                throw new AssertionError("register " + undecided.key() + ": " + undecided.reason());
            case Verdict.Linearizable _ -> {}
        }
    }
}
