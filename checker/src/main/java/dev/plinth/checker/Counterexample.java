package dev.plinth.checker;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The smallest window of a history that no order explains, drawn for people. */
final class Counterexample<K, S, I, O> {
    /*
     * It ends with the return that no order explains: what is called later is not shown, and what returns later is shown as under
     * way. It begins at the last moment before that at which nothing was under way but what never returned: what was before it is
     * summed up in the states that are possible there. (What never returned is shown all the same, for it may take place in the
     * window.) Of what is left, reads that are not needed are left out. A write cannot be: without it, another read would look
     * wrong that was not.
     */
    private static final int LABEL_CHARS_MAX = 40;

    private final Model<S, I, O> model;
    private final Linearizability<S, I, O> checker;
    private final K key;
    private final Operation<?, I, O> wrong;
    private final Set<Integer> returned;
    private List<Operation<K, I, O>> window;
    private Set<S> before;
    private int leftOut;

    Counterexample(
            Model<S, I, O> model,
            Linearizability<S, I, O> checker,
            K key,
            List<Operation<K, I, O>> operations,
            Linearizability.Dead<S, I, O> dead) {
        this.model = model;
        this.checker = checker;
        this.key = key;
        this.wrong = dead.at();
        this.returned = operations.stream()
                .filter(one -> one.output().isPresent())
                .map(Operation::number)
                .collect(Collectors.toSet());
        this.window = upTo(operations, wrong.returned());
        this.before = Set.of(model.initial());
        leaveOutTheBeginning();
        leaveOutReads();
    }

    private List<Operation<K, I, O>> upTo(List<Operation<K, I, O>> operations, long end) {
        List<Operation<K, I, O>> kept = new ArrayList<>();
        for (var operation : operations) {
            if (operation.called() > end || (operation.output().isEmpty() && model.onlyReads(operation.input()))) {
                continue;
            }
            kept.add(
                    operation.returned() <= end
                            ? operation
                            : new Operation<>(
                                    operation.number(),
                                    operation.client(),
                                    operation.key(),
                                    operation.input(),
                                    operation.called(),
                                    Operation.NEVER,
                                    Optional.empty()));
        }
        return kept;
    }

    private void leaveOutTheBeginning() {
        var cuts = new TreeSet<Long>(Comparator.reverseOrder());
        window.forEach(operation -> cuts.add(operation.called()));
        for (long cut : cuts) {
            boolean quiet = window.stream()
                    .noneMatch(one -> one.called() < cut && one.returned() >= cut && returned.contains(one.number()));
            if (!quiet) {
                continue;
            }
            var past = window.stream().filter(one -> one.called() < cut).toList();
            var rest = window.stream()
                    .filter(one -> one.called() >= cut || one.output().isEmpty())
                    .toList();
            var states = checker.statesAfter(past);
            if (!states.isEmpty() && checker.fails(rest, states)) {
                leftOut += window.size() - rest.size();
                window = rest;
                before = states;
                return;
            }
        }
    }

    private void leaveOutReads() {
        for (var one : List.copyOf(window)) {
            if (one.number() != wrong.number() && model.onlyReads(one.input())) {
                var fewer = window.stream()
                        .filter(other -> other.number() != one.number())
                        .toList();
                if (checker.fails(fewer, before)) {
                    window = fewer;
                    leftOut++;
                }
            }
        }
    }

    /** One line an operation, from its call to its return. */
    String text() {
        var moments = new TreeMap<Long, Integer>();
        window.forEach(one -> {
            moments.put(one.called(), 0);
            if (one.output().isPresent()) {
                moments.put(one.returned(), 0);
            }
        });
        int column = 0;
        for (var moment : moments.entrySet()) {
            moment.setValue(column);
            column += 2;
        }
        int width = column + 1;
        int clientChars =
                window.stream().mapToInt(one -> one.client().length()).max().orElse(0);
        var text = new StringBuilder()
                .append("not linearizable: ")
                .append(key)
                .append('\n')
                .append("before: ")
                .append(before.stream().map(String::valueOf).collect(Collectors.joining(" or ")))
                .append(leftOut == 0 ? "" : " (" + leftOut + " operations are left out)")
                .append('\n');
        window.stream()
                .sorted(Comparator.comparingLong(Operation::called))
                .forEach(one -> text.append(line(one, moments, width, clientChars)));
        return text.append("no order of these explains the answer that is marked\n")
                .toString();
    }

    private String line(Operation<K, I, O> one, Map<Long, Integer> moments, int width, int clientChars) {
        int from = moments.getOrDefault(one.called(), 0);
        boolean returned = one.output().isPresent();
        int to = returned ? moments.getOrDefault(one.returned(), width) : width;
        var bar = " ".repeat(from) + "|" + "-".repeat(Math.max(0, to - from - 1)) + (returned ? "|" : ">");
        var label = one.input() + (returned ? " -> " + one.output().get() : " (no answer)");
        if (label.length() > LABEL_CHARS_MAX) {
            label = label.substring(0, LABEL_CHARS_MAX - 1) + "…";
        }
        return "  " + one.client() + " ".repeat(clientChars - one.client().length() + 1) + bar
                + " ".repeat(Math.max(1, width + 2 - bar.length())) + label
                + (one.number() == wrong.number() ? "   <-- this answer" : "") + "\n";
    }
}
