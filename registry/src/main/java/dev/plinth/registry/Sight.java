package dev.plinth.registry;

import java.util.List;

/**
 * An endpoint as people are shown it: also if callers are not.
 *
 * @param registration as its client says it
 * @param connected false if its client's stream has broken
 * @param kept whether its lease is over, and it is kept because too many of its service vanished at once
 * @param rules what people say of it, if they do
 */
public record Sight(Registration registration, boolean connected, boolean kept, List<Rule> rules) {

    /** Whether callers are shown it. */
    public boolean served() {
        return rules.stream().allMatch(Rule.Weight.class::isInstance);
    }

    /** The weight that callers are shown. */
    public int weight() {
        return rules.stream()
                .filter(Rule.Weight.class::isInstance)
                .map(rule -> ((Rule.Weight) rule).weight())
                .findFirst()
                .orElse(registration.endpoint().weight());
    }
}
