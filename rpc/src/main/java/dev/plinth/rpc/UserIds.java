package dev.plinth.rpc;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where among a method's arguments the user's id is. */
record UserIds(String method, OptionalInt index) {
    private static final List<Class<?>> TYPES = List.of(String.class, long.class, int.class, Long.class, Integer.class);

    /** @throws IllegalArgumentException if the method is marked in a way that makes no sense */
    static UserIds of(Method method, Class<? extends Annotation> annotation) {
        Parameter[] parameters = method.getParameters();
        int[] marked = IntStream.range(0, parameters.length)
                .filter(it -> parameters[it].isAnnotationPresent(annotation))
                .toArray();
        if (marked.length == 0) {
            return new UserIds(method.getName(), OptionalInt.empty());
        }
        if (marked.length > 1 || !TYPES.contains(parameters[marked[0]].getType())) {
            throw new IllegalArgumentException("@" + annotation.getSimpleName() + " in " + method
                    + ": expected it at one parameter, of type String, long or int");
        }
        return new UserIds(method.getName(), OptionalInt.of(marked[0]));
    }

    /** The user's id; empty if none of the arguments is one. */
    Optional<String> in(@Nullable Object[] arguments) {
        if (index.isEmpty()) {
            return Optional.empty();
        }
        Object id = arguments[index.getAsInt()];
        if (id == null || id.toString().isEmpty()) {
            throw new RpcException(
                    RpcException.Code.BAD_REQUEST,
                    "the user's id, argument " + (index.getAsInt() + 1) + " of " + method + ", is "
                            + (id == null ? "null" : "empty"));
        }
        return Optional.of(id.toString());
    }
}
