package dev.plinth.checker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides whether a history can have happened in one order, each operation between its call and its return. */
public final class Linearizability<S, I, O> {
    /*
     * The search of Wing and Gong (1993) with what Lowe ("Testing for linearizability", 2017) added: operations are put into the
     * order just in time, when a return asks for it, and what was tried before is not tried again. A configuration is a state
     * of the object, and which of the operations under way have taken place already. At each return every configuration tries all
     * ways to have that operation take place now, after any of the others under way; a configuration that cannot is dropped. If
     * none is left, this return is the one that no order explains.
     *
     * Objects do not share anything (P-compositionality, Horn and Kroening 2015), so each key is decided by itself: the costs grow
     * with what is under way at once on one key, and not with the history.
     *
     * An operation without a return is under way to the end: it may take place at any time from its call on, or never. If it only
     * reads, it explains nothing and is left out. Of the others most never took place, or nobody saw them; and as each doubles the
     * ways to try, an order is looked for with as few of them as possible: one more whenever it brings the search further. Only if
     * that fails are all of them let in, so a violation is one with all of them.
     *
     * Wing and Gong's own depth-first search over the whole history finds an order as fast, but when there is none it has no point
     * in time to show, and it goes back over everything.
     */
    /** Configurations that one return may leave or try. */
    public static final int CONFIGURATIONS_MAX = 2_000_000;

    private final Model<S, I, O> model;
    private final int configurationsMax;

    public Linearizability(Model<S, I, O> model) {
        this(model, CONFIGURATIONS_MAX);
    }

    Linearizability(Model<S, I, O> model, int configurationsMax) {
        this.model = model;
        this.configurationsMax = configurationsMax;
    }

    /** One way how it can have been up to some moment: of the operations under way, these have taken place. */
    private record Configuration<S>(S state, Set<Integer> done) {}

    /** The first return that no configuration survives, and the configurations before it. */
    record Dead<S, I, O>(Operation<?, I, O> at, Set<S> statesBefore) {}

    private static final class TooMany extends Exception {
        private final String reason;

        TooMany(int tried, Operation<?, ?, ?> at) {
            this.reason =
                    "at " + at.input() + " of " + at.client() + ", " + tried + " ways to order what was under way";
        }
    }

    public <K> Verdict check(History<K, I, O> history) {
        return check(history.operations());
    }

    /** As {@link #check(History)}; the operations come in any order. */
    public <K> Verdict check(List<Operation<K, I, O>> operations) {
        Map<K, List<Operation<K, I, O>>> byKey = new LinkedHashMap<>();
        for (var operation : operations) {
            byKey.computeIfAbsent(operation.key(), _ -> new ArrayList<>()).add(operation);
        }
        for (var one : byKey.entrySet()) {
            try {
                var dead = searchWithFew(one.getValue());
                if (dead != null) {
                    return new Verdict.Violation(
                            one.getKey(), new Counterexample<>(model, this, one.getKey(), one.getValue(), dead).text());
                }
            } catch (TooMany e) {
                return new Verdict.Undecided(one.getKey(), e.reason);
            }
        }
        return new Verdict.Linearizable(operations.size(), byKey.size());
    }

    /** As {@link #search} from the beginning, with as few of the operations without a return as will do. */
    private <K> @Nullable Dead<S, I, O> searchWithFew(List<Operation<K, I, O>> operations) throws TooMany {
        Set<S> initial = Set.of(model.initial());
        List<Operation<K, I, O>> chosen = new ArrayList<>();
        List<Operation<K, I, O>> unknown = new ArrayList<>();
        for (var operation : operations) {
            if (operation.output().isPresent()) {
                chosen.add(operation);
            } else if (!model.onlyReads(operation.input())) {
                unknown.add(operation);
            }
        }
        var dead = search(chosen, initial);
        while (dead != null) {
            Operation<K, I, O> helps = null;
            for (var candidate : unknown.reversed()) {
                if (candidate.called() > dead.at().returned()) {
                    continue;
                }
                chosen.add(candidate);
                var after = search(chosen, initial);
                if (after == null || after.at().returned() > dead.at().returned()) {
                    dead = after;
                    helps = candidate;
                    break;
                }
                chosen.removeLast();
            }
            if (helps == null) {
                return search(operations, initial);
            }
            unknown.remove(helps);
        }
        return null;
    }

    /** As {@link #search}, for the making of a counterexample: what cannot be decided does not fail. */
    <K> boolean fails(List<Operation<K, I, O>> operations, Set<S> initial) {
        try {
            return search(operations, initial) != null;
        } catch (TooMany e) {
            return false;
        }
    }

    /** The states in which the object can be once all these operations are over; empty if no order explains them. */
    <K> Set<S> statesAfter(List<Operation<K, I, O>> operations) {
        try {
            var search = new Search<K>(operations, Set.of(model.initial()));
            return search.run() != null ? Set.of() : search.states();
        } catch (TooMany e) {
            return Set.of();
        }
    }

    private <K> @Nullable Dead<S, I, O> search(List<Operation<K, I, O>> operations, Set<S> initial) throws TooMany {
        return new Search<>(operations, initial).run();
    }

    private record Event<K, I, O>(long moment, boolean call, Operation<K, I, O> operation) {}

    private final class Search<K> {
        private final List<Event<K, I, O>> events = new ArrayList<>();
        private final Map<Integer, Operation<K, I, O>> underWay = new HashMap<>();
        private Set<Configuration<S>> configurations = new LinkedHashSet<>();

        Search(List<Operation<K, I, O>> operations, Set<S> initial) {
            for (var operation : operations) {
                boolean returns = operation.output().isPresent();
                if (returns || !model.onlyReads(operation.input())) {
                    events.add(new Event<>(operation.called(), true, operation));
                }
                if (returns) {
                    events.add(new Event<>(operation.returned(), false, operation));
                }
            }
            // What is called at the moment of a return is not after it.
            events.sort(Comparator.<Event<K, I, O>>comparingLong(Event::moment)
                    .thenComparing(event -> !event.call())
                    .thenComparingInt(event -> event.operation().number()));
            initial.forEach(state -> configurations.add(new Configuration<>(state, Set.of())));
        }

        @Nullable
        Dead<S, I, O> run() throws TooMany {
            for (var event : events) {
                var operation = event.operation();
                if (event.call()) {
                    underWay.put(operation.number(), operation);
                    continue;
                }
                var survivors = takePlaceNow(operation);
                if (survivors.isEmpty()) {
                    return new Dead<>(operation, states());
                }
                underWay.remove(operation.number());
                configurations = survivors;
            }
            return null;
        }

        Set<S> states() {
            Set<S> states = new LinkedHashSet<>();
            configurations.forEach(configuration -> states.add(configuration.state()));
            return states;
        }

        /** All configurations in which {@code returning} has taken place, and is not under way any more. */
        private Set<Configuration<S>> takePlaceNow(Operation<K, I, O> returning) throws TooMany {
            Set<Configuration<S>> survivors = new LinkedHashSet<>();
            Set<Configuration<S>> tried = new HashSet<>(configurations);
            var open = new ArrayDeque<>(configurations);
            while (!open.isEmpty()) {
                var configuration = open.pop();
                if (configuration.done().contains(returning.number())) {
                    survivors.add(without(configuration, returning.number()));
                    continue;
                }
                for (var next : underWay.values()) {
                    if (configuration.done().contains(next.number())) {
                        continue;
                    }
                    var step = model.apply(configuration.state(), next.input());
                    if (next.output().isPresent() && !next.output().get().equals(step.output())) {
                        continue;
                    }
                    Set<Integer> done = new HashSet<>(configuration.done());
                    done.add(next.number());
                    var after = new Configuration<>(step.state(), Set.copyOf(done));
                    if (tried.add(after)) {
                        if (tried.size() > configurationsMax) {
                            throw new TooMany(tried.size(), returning);
                        }
                        open.push(after);
                    }
                }
            }
            return survivors;
        }

        private Configuration<S> without(Configuration<S> configuration, int number) {
            Set<Integer> done = new HashSet<>(configuration.done());
            done.remove(number);
            return new Configuration<>(configuration.state(), Set.copyOf(done));
        }
    }
}
