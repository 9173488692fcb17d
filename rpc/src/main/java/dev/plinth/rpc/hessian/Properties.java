package dev.plinth.rpc.hessian;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request's properties as text. SOFARPC nests maps in them, for traces and baggage. */
final class Properties {
    private Properties() {}

    /** Entries of a nested map get the keys {@code outer.inner}, as in the frame's header; values that are no text are left out. */
    static Map<String, String> flat(@Nullable Object properties) {
        Map<String, String> flat = new HashMap<>();
        if (properties instanceof Map<?, ?> map) {
            add("", map, flat);
        }
        return flat;
    }

    private static void add(String prefix, Map<?, ?> map, Map<String, String> flat) {
        map.forEach((key, value) -> {
            if (!(key instanceof String name)) {
                return;
            }
            switch (value) {
                case Map<?, ?> inner when prefix.isEmpty() -> add(name + ".", inner, flat);
                case String text -> flat.put(prefix + name, text);
                case Number number -> flat.put(prefix + name, number.toString());
                case Boolean bool -> flat.put(prefix + name, bool.toString());
                case null, default -> {
                    // SOFARPC's own bookkeeping; nothing of ours is ever anything else than text.
                }
            }
        });
    }
}
