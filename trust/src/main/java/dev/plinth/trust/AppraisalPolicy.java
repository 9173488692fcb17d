package dev.plinth.trust;

import java.time.Instant;
import java.util.Set;

/**
 * What a result has to be for something to be granted: a condition in CEL, and what it lets pass that would deny otherwise.
 *
 * <p>The condition sees {@code evidence} (the kind), {@code claims}, {@code parts} (name to {@code evidence} and {@code claims}),
 * {@code vector} (AR4SI labels to values) and {@code references} (name to values). It must be a truth value; one that cannot be
 * evaluated, because a claim is missing say, denies.
 *
 * @param version from 1; a change or a rollback makes the next one
 * @param waivers of findings that this policy excuses: {@code debug}, {@code simulated}, {@code tcb:OutOfDate}, ...
 */
public record AppraisalPolicy(
        String tenant, String name, int version, String owner, Instant at, String condition, Set<String> waivers) {
    public static final int CONDITION_CHARACTERS_MAX = 16 * 1024;
    public static final int WAIVERS_MAX = 32;

    public AppraisalPolicy {
        Names.check("policy", name);
        Names.check("tenant", tenant);
        Names.check("owner", owner);
        waivers = Set.copyOf(waivers);
        if (condition.length() > CONDITION_CHARACTERS_MAX) {
            throw new IllegalArgumentException("condition of " + name + ": expected at most " + CONDITION_CHARACTERS_MAX
                    + " characters, found " + condition.length());
        }
        if (waivers.size() > WAIVERS_MAX) {
            throw new IllegalArgumentException(
                    "waivers of " + name + ": expected at most " + WAIVERS_MAX + ", found " + waivers.size());
        }
    }
}
