package dev.plinth.sdk.saga;

import java.util.ArrayList;
import java.util.List;

/**
 * A flow of steps, one after the other. Its name and its steps' names are how runs of it are found again after a restart: keep
 * them while runs are under way, and add steps at the end only.
 *
 * @param <I> its input
 */
public final class Saga<I extends Record> {

    /** What becomes of a run whose process crashed, or whose time is over. */
    public enum Unfinished {
        /** What was done is compensated. */
        COMPENSATE,
        /** It goes on with the step that it had come to; that is for flows that can always succeed in the end. */
        RESUME
    }

    record Named<I extends Record, O extends Record>(String name, Class<O> output, Step<I, O> step) {}

    /** Steps of one saga. */
    static final int STEPS_MAX = 100;

    private static final int NAME_CHARACTERS_MAX = 64;

    private final String name;
    private final Class<I> input;
    private final Unfinished unfinished;
    private final List<Named<I, ?>> steps;

    private Saga(String name, Class<I> input, Unfinished unfinished, List<Named<I, ?>> steps) {
        this.name = name;
        this.input = input;
        this.unfinished = unfinished;
        this.steps = List.copyOf(steps);
    }

    /** A saga without steps, to which steps are added. Unfinished runs of it are compensated. */
    public static <I extends Record> Saga<I> named(String name, Class<I> input) {
        return new Saga<>(checked(name), input, Unfinished.COMPENSATE, List.of());
    }

    private static String checked(String name) {
        if (!name.matches("[A-Za-z0-9_.-]{1," + NAME_CHARACTERS_MAX + "}")) {
            throw new IllegalArgumentException(
                    "name: '" + name + "' is not 1 to " + NAME_CHARACTERS_MAX + " letters, digits, '_', '.' and '-'");
        }
        return name;
    }

    /** The same with one step more at its end. */
    public <O extends Record> Saga<I> then(String step, Class<O> output, Step<I, O> what) {
        if (steps.stream().anyMatch(one -> one.name().equals(step))) {
            throw new IllegalArgumentException("step: '" + step + "' is in '" + name + "' already");
        }
        if (steps.size() == STEPS_MAX) {
            throw new IllegalArgumentException("'" + name + "' has " + STEPS_MAX + " steps; that is the limit");
        }
        List<Named<I, ?>> more = new ArrayList<>(steps);
        more.add(new Named<>(checked(step), output, what));
        return new Saga<>(name, input, unfinished, more);
    }

    /** The same with another way to end what is unfinished. */
    public Saga<I> whenUnfinished(Unfinished other) {
        return new Saga<>(name, input, other, steps);
    }

    public String name() {
        return name;
    }

    Class<I> input() {
        return input;
    }

    Unfinished unfinished() {
        return unfinished;
    }

    List<Named<I, ?>> steps() {
        return steps;
    }
}
