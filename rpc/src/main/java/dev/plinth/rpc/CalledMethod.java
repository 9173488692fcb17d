package dev.plinth.rpc;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A method of a service's interface, as its caller needs to know it. */
record CalledMethod(
        String name,
        List<String> signature,
        Class<?> returnType,
        List<Class<?>> exceptions,
        boolean oneWay,
        boolean idempotent,
        UserIds userIds) {

    static CalledMethod of(Method method, ReferenceOptions options) {
        boolean oneWay = method.isAnnotationPresent(OneWay.class);
        if (oneWay && method.getReturnType() != void.class) {
            throw new IllegalArgumentException("@OneWay " + method + " returns something: expected void");
        }
        return new CalledMethod(
                method.getName(),
                Signatures.of(method),
                method.getReturnType(),
                List.of(method.getExceptionTypes()),
                oneWay,
                isIdempotent(method, options),
                UserIds.of(method, options.userId()));
    }

    private static boolean isIdempotent(Method method, ReferenceOptions options) {
        return options.idempotent()
                || method.isAnnotationPresent(Idempotent.class)
                || method.isAnnotationPresent(ReadOnly.class);
    }

    boolean returnsFuture() {
        return returnType == CompletableFuture.class || returnType == CompletionStage.class;
    }

    /** What a proxy returns when nobody looks at it. */
    @Nullable
    Object zero() {
        return returnType.isPrimitive() && returnType != void.class
                ? Array.get(Array.newInstance(returnType, 1), 0)
                : null;
    }

    /** The value as the method returns it; numbers lose their width on the wire. */
    @Nullable
    Object result(@Nullable Object value) {
        if (returnType == void.class) {
            return null;
        }
        if (value == null) {
            return zero();
        }
        if (value instanceof Number number) {
            return narrowed(number);
        }
        if (value instanceof String text && (returnType == char.class || returnType == Character.class)) {
            return text.isEmpty() ? zero() : (Object) text.charAt(0);
        }
        if (!returnType.isPrimitive() && !returnType.isInstance(value)) {
            throw new RpcException(
                    RpcException.Code.BAD_RESPONSE,
                    name + " answered a " + value.getClass().getName() + ": expected a " + returnType.getName());
        }
        return value;
    }

    private Object narrowed(Number number) {
        if (returnType == int.class || returnType == Integer.class) {
            return number.intValue();
        }
        if (returnType == short.class || returnType == Short.class) {
            return number.shortValue();
        }
        if (returnType == byte.class || returnType == Byte.class) {
            return number.byteValue();
        }
        if (returnType == float.class || returnType == Float.class) {
            return number.floatValue();
        }
        return number;
    }

    /** The exception as the method may throw it: what its interface does not declare is the cause of {@code FAILED}. */
    Throwable toThrow(Throwable failure, String service) {
        if (failure instanceof RuntimeException || failure instanceof Error || isDeclared(failure)) {
            return failure;
        }
        return new RpcException(RpcException.Code.FAILED, name + " of " + service + " threw " + failure, failure);
    }

    private boolean isDeclared(Throwable failure) {
        return exceptions.stream().anyMatch(it -> it.isInstance(failure));
    }

    @Override
    public String toString() {
        return name + "(" + String.join(",", signature) + ") throws " + Arrays.toString(exceptions.toArray());
    }
}
