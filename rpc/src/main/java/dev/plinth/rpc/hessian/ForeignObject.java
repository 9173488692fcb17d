package dev.plinth.rpc.hessian;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An object of a type that is not made here: the name of its class, and its fields in the order in which they travel.
 *
 * @param fields values of the JDK, lists, maps, and other foreign objects; not to be changed
 */
public record ForeignObject(String type, Map<String, @Nullable Object> fields) {
    public ForeignObject {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** A text; empty if there is none, or something else. */
    public Optional<String> text(String field) {
        return fields.get(field) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    /** A whole number; empty if there is none, or something else. */
    public Optional<Long> number(String field) {
        return fields.get(field) instanceof Number number ? Optional.of(number.longValue()) : Optional.empty();
    }

    /** Whether there is a truth value, and it is true. */
    public boolean isTrue(String field) {
        return Boolean.TRUE.equals(fields.get(field));
    }

    /** The elements of a list; none if there is no list. */
    public List<?> list(String field) {
        return fields.get(field) instanceof List<?> list ? Collections.unmodifiableList(list) : List.of();
    }
}
