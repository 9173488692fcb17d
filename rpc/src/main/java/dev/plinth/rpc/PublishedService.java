package dev.plinth.rpc;

import dev.plinth.rpc.hessian.AllowedTypes;
import dev.plinth.rpc.hessian.SofaBodies;
import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One service that a server offers: its object, its methods by name and signature, and the types that its bodies may have. */
final class PublishedService {
    private final String name;
    private final Object provider;
    private final SofaBodies bodies;
    private final Map<String, ServedMethod> methods = new HashMap<>();

    /** A method, and what its annotations say. */
    record ServedMethod(Method method, UserIds userIds, boolean writes) {}

    <T> PublishedService(
            String name, Class<T> type, T provider, AllowedTypes types, Class<? extends Annotation> userId) {
        this.name = name;
        this.provider = provider;
        this.bodies = new SofaBodies(types);
        for (Method method : type.getMethods()) {
            method.setAccessible(true);
            boolean writes = !method.isAnnotationPresent(ReadOnly.class);
            methods.put(
                    key(method.getName(), Signatures.of(method)),
                    new ServedMethod(method, UserIds.of(method, userId), writes));
        }
    }

    String name() {
        return name;
    }

    SofaBodies bodies() {
        return bodies;
    }

    /** @throws RpcException {@code NO_SUCH_METHOD} */
    ServedMethod method(String methodName, List<String> signature) {
        String key = key(methodName, signature);
        return Optional.ofNullable(methods.get(key))
                .orElseThrow(() -> new RpcException(
                        RpcException.Code.NO_SUCH_METHOD,
                        name + " has no method " + key + "; it has " + new TreeSet<>(methods.keySet())));
    }

    private static String key(String methodName, List<String> signature) {
        return methodName + "(" + String.join(",", signature) + ")";
    }

    /** The service's own exception, as opposed to one on the way to it. */
    static final class ServiceThrew extends Exception {
        private final Throwable thrown;

        ServiceThrew(Exception wrapper) {
            super(null, wrapper, false, false);
            this.thrown = wrapper.getCause() == null ? wrapper : wrapper.getCause();
        }

        Throwable thrown() {
            return thrown;
        }
    }

    /** Runs the method, and waits for its result if that is a stage. */
    @Nullable
    Object run(Method method, @Nullable Object[] arguments, Deadline deadline) throws Exception {
        Object result;
        try {
            result = method.invoke(provider, arguments);
        } catch (InvocationTargetException e) {
            throw new ServiceThrew(e);
        }
        return result instanceof CompletionStage<?> stage ? await(stage, deadline) : result;
    }

    private static @Nullable Object await(CompletionStage<?> stage, Deadline deadline) throws Exception {
        try {
            return stage.toCompletableFuture().get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new ServiceThrew(e);
        } catch (TimeoutException e) {
            throw new RpcException(RpcException.Code.TIMEOUT, "the service's stage did not end before the deadline", e);
        }
    }
}
