package dev.plinth.rpc;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;

/** A method's parameter types as SOFARPC writes them: {@code int}, {@code java.lang.String[]}, {@code com.example.Outer$Inner}. */
final class Signatures {
    private Signatures() {}

    static List<String> of(Method method) {
        return Arrays.stream(method.getParameterTypes()).map(Signatures::of).toList();
    }

    private static String of(Class<?> type) {
        return type.isArray() ? of(type.getComponentType()) + "[]" : type.getName();
    }
}
