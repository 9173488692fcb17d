package dev.plinth.sdk;

import dev.plinth.rpc.RpcException;
import dev.plinth.sdk.PlinthException.Code;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Turns what calls fail with into the SDK's one type of exception. */
final class Failures {
    private static final Duration RETRY_AFTER_DEFAULT = Duration.ofMillis(100);

    private Failures() {}

    static PlinthException of(RpcException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.code()) {
            case UNAVAILABLE -> new PlinthException(Code.UNAVAILABLE, message, e);
            case TIMEOUT, CONNECTION_LOST, INTERRUPTED -> new PlinthException(Code.TIMEOUT, message, e);
            case OVERLOADED ->
                PlinthException.overloaded(message, e.retryAfter().orElse(RETRY_AFTER_DEFAULT), e);
            case NO_SUCH_SERVICE, NO_SUCH_METHOD, BAD_REQUEST, REFUSED_TYPE, TOO_LARGE ->
                new PlinthException(Code.REFUSED, message, e);
            case BAD_RESPONSE, FAILED -> new PlinthException(Code.FAILED, message, e);
            case WRONG_CELL -> new PlinthException(Code.WRONG_CELL, message, e);
            case SHARD_FROZEN -> new PlinthException(Code.SHARD_FROZEN, message, e);
            case CLOSED -> new PlinthException(Code.CLOSED, message, e);
        };
    }

    /** The same service, whose calls fail with {@link PlinthException} instead of {@link RpcException}. */
    static <T> T translated(Class<T> service, T proxy) {
        return service.cast(Proxy.newProxyInstance(
                service.getClassLoader(),
                new Class<?>[] {service},
                (self, method, arguments) -> invoke(proxy, self, method, arguments)));
    }

    private static @Nullable Object invoke(
            Object proxy, Object self, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        if (method.getName().equals("equals") && method.getDeclaringClass() == Object.class) {
            return arguments != null && isSame(self, arguments[0]);
        }
        Object result;
        try {
            result = method.invoke(proxy, arguments);
        } catch (InvocationTargetException e) {
            Throwable failure = e.getTargetException();
            throw failure instanceof RpcException rpc ? of(rpc) : failure;
        }
        return result instanceof CompletableFuture<?> future ? translated(future) : result;
    }

    @SuppressWarnings("ReferenceEquality") // a reference is equal to itself alone
    private static boolean isSame(Object one, @Nullable Object other) {
        return one == other;
    }

    private static <T> CompletableFuture<T> translated(CompletableFuture<T> future) {
        return future.exceptionallyCompose(failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return CompletableFuture.failedFuture(cause instanceof RpcException rpc ? of(rpc) : cause);
        });
    }
}
