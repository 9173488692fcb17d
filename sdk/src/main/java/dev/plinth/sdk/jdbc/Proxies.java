package dev.plinth.sdk.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Wrapper;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What all proxies of JDBC's interfaces do alike. For this SDK's own data sources; not for applications. */
public final class Proxies {
    private Proxies() {}

    /** Calls it as it is; fails as it fails. */
    public static @Nullable Object call(Method method, Object target, @Nullable Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    /** The same for what never gives null. */
    public static Object result(Method method, Object target, @Nullable Object[] arguments) throws Throwable {
        return Objects.requireNonNull(call(method, target, arguments), method.getName());
    }

    /** The methods of {@link Object} and {@link Wrapper}; anything else goes to the target. */
    @SuppressWarnings("ReferenceEquality") // a proxy is equal to itself alone
    public static @Nullable Object other(Object proxy, Object target, Method method, @Nullable Object[] arguments)
            throws Throwable {
        return switch (method.getName()) {
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            case "toString" -> "global transactions over " + target;
            case "isWrapperFor" ->
                isInstance(arguments[0], proxy) || Boolean.TRUE.equals(call(method, target, arguments));
            case "unwrap" -> isInstance(arguments[0], proxy) ? proxy : call(method, target, arguments);
            default -> call(method, target, arguments);
        };
    }

    private static boolean isInstance(@Nullable Object type, Object proxy) {
        return type instanceof Class<?> asked && asked.isInstance(proxy);
    }
}
