package dev.plinth.rpc;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a service answered.
 *
 * @param value what its method returned; null also for void and one-way
 * @param properties that the called side added
 */
public record Reply(@Nullable Object value, Map<String, String> properties) {
    static final Reply NONE = new Reply(null, Map.of());

    public Reply {
        properties = Map.copyOf(properties);
    }
}
