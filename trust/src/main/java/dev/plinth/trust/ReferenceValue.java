package dev.plinth.trust;

import java.time.Instant;
import java.util.List;

/**
 * What somebody says is good: the values that a claim may have (RFC 9334), under a name, in versions.
 *
 * @param version from 1; a change makes the next one
 * @param owner who said so
 */
public record ReferenceValue(String tenant, String name, int version, String owner, Instant at, List<String> values) {
    public static final int VALUES_MAX = 10_000;
    public static final int VALUE_CHARACTERS_MAX = 1_024;

    public ReferenceValue {
        Names.check("reference value", name);
        Names.check("tenant", tenant);
        Names.check("owner", owner);
        values = List.copyOf(values);
        if (values.size() > VALUES_MAX) {
            throw new IllegalArgumentException(
                    "values of " + name + ": expected at most " + VALUES_MAX + ", found " + values.size());
        }
        for (var value : values) {
            if (value.length() > VALUE_CHARACTERS_MAX) {
                throw new IllegalArgumentException("a value of " + name + ": expected at most " + VALUE_CHARACTERS_MAX
                        + " characters, found " + value.length());
            }
        }
    }
}
