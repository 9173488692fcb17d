package dev.plinth.rpc;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;

/** A method's parameter types as SOFARPC writes them, which is how the JVM does: {@code int}, {@code [Ljava.lang.String;}. */
final class Signatures {
    private Signatures() {}

    static List<String> of(Method method) {
        return Arrays.stream(method.getParameterTypes()).map(Class::getName).toList();
    }
}
