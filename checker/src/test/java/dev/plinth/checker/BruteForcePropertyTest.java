package dev.plinth.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/** The checker and a search through all orders agree on small histories, good ones and bad ones. */
class BruteForcePropertyTest {
    private static final int OPERATIONS_MAX = 6;

    @Property(tries = 3_000)
    void the_checker_says_of_a_register_what_trying_every_order_says(@ForAll long seed) {
        agree(new RegisterModel<>(), seed, random -> switch (random.nextInt(4)) {
            case 0 -> new RegisterModel.Write<>(random.nextInt(2));
            case 1 ->
                new RegisterModel.Cas<>(
                        random.nextInt(3) == 0 ? Optional.<Integer>empty() : Optional.of(random.nextInt(2)),
                        random.nextInt(2));
            default -> new RegisterModel.Read<Integer>();
        });
    }

    @Property(tries = 3_000)
    void the_checker_says_of_a_lock_what_trying_every_order_says(@ForAll long seed) {
        agree(new LockModel(), seed, random -> {
            var owner = random.nextBoolean() ? "a" : "b";
            return random.nextBoolean() ? new LockModel.Acquire(owner) : new LockModel.Release(owner);
        });
    }

    @Property(tries = 3_000)
    void the_checker_says_of_a_queue_what_trying_every_order_says(@ForAll long seed) {
        agree(
                new QueueModel<>(),
                seed,
                random -> random.nextBoolean()
                        ? new QueueModel.Put<>(random.nextInt(3))
                        : new QueueModel.Take<Integer>());
    }

    private interface Inputs<I> {
        I next(Random random);
    }

    private <S, I, O> void agree(Model<S, I, O> model, long seed, Inputs<I> inputs) {
        var operations = history(model, new Random(seed), inputs);
        boolean possible = someOrder(model, model.initial(), operations);

        var verdict = new Linearizability<>(model).check(operations);
        Statistics.collect(possible ? "good" : "bad");
        Statistics.coverage(drawn -> drawn.check("bad").percentage(share -> share > 2));

        if (possible) {
            assertThat(verdict).as("%s", operations).isInstanceOf(Verdict.Linearizable.class);
        } else {
            assertThat(verdict).as("%s", operations).isInstanceOf(Verdict.Violation.class);
        }
    }

    /**
     * What an object may have answered that takes each operation at some moment; now and then one answer is another operation's,
     * which may be wrong.
     */
    private static <S, I, O> List<Operation<String, I, O>> history(
            Model<S, I, O> model, Random random, Inputs<I> inputs) {
        int count = 1 + random.nextInt(OPERATIONS_MAX);
        record Drawn<I>(I input, int called, int placed, int returned) {}
        List<Drawn<I>> drawn = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int called = random.nextInt(20);
            int placed = called + 1 + random.nextInt(8);
            drawn.add(new Drawn<>(inputs.next(random), called, placed, placed + 1 + random.nextInt(8)));
        }
        drawn.sort((one, other) -> Integer.compare(one.placed(), other.placed()));
        List<Operation<String, I, O>> operations = new ArrayList<>();
        List<O> answers = new ArrayList<>();
        S state = model.initial();
        for (int i = 0; i < count; i++) {
            var one = drawn.get(i);
            boolean unknown = random.nextInt(5) == 0;
            boolean never = unknown && random.nextBoolean();
            var step = model.apply(state, one.input());
            if (!never) {
                state = step.state();
                answers.add(step.output());
            }
            boolean wrong = random.nextInt(3) == 0 && !answers.isEmpty();
            var answer = wrong ? answers.get(random.nextInt(answers.size())) : step.output();
            operations.add(new Operation<>(
                    i,
                    "c" + i,
                    "k",
                    one.input(),
                    one.called(),
                    unknown ? Operation.NEVER : one.returned(),
                    unknown ? Optional.empty() : Optional.of(answer)));
        }
        return operations;
    }

    /** Whether some order of these explains every answer, tried one after the other. */
    private static <S, I, O> boolean someOrder(Model<S, I, O> model, S state, List<Operation<String, I, O>> left) {
        if (left.stream().allMatch(one -> one.output().isEmpty())) {
            return true;
        }
        for (var first : left) {
            // None that returned before this one was called may come after it.
            if (left.stream().anyMatch(other -> other.returned() < first.called())) {
                continue;
            }
            var step = model.apply(state, first.input());
            if (first.output().isPresent() && !first.output().get().equals(step.output())) {
                continue;
            }
            if (someOrder(
                    model,
                    step.state(),
                    left.stream().filter(one -> one.number() != first.number()).toList())) {
                return true;
            }
        }
        return false;
    }
}
