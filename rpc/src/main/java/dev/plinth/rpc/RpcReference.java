package dev.plinth.rpc;

import dev.plinth.rpc.hessian.AllowedTypes;
import dev.plinth.rpc.hessian.ForeignException;
import dev.plinth.rpc.hessian.SofaBodies;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A service as a client calls it. Safe for use by many threads; nothing to close.
 *
 * @param <T> the service's interface
 */
public final class RpcReference<T> {
    /*
     * A blocking call does everything on the caller's thread, in plain code; a call of which a future is wanted does the same on
     * a virtual thread. The filters run on the caller's thread in both cases, since what they look for (a transaction, a user)
     * is bound to it.
     */
    private enum Mode {
        BLOCKING,
        FUTURE,
        ONE_WAY
    }

    /** What {@link #async} and {@link #oneWay} tell the proxy, on this thread, until the call is made. */
    private static final class Wish {
        final RpcReference<?> of;
        final Mode mode;

        @Nullable
        CompletableFuture<Reply> made;

        Wish(RpcReference<?> of, Mode mode) {
            this.of = of;
            this.mode = mode;
        }
    }

    private static final ThreadLocal<@Nullable Wish> WISH = new ThreadLocal<>();

    private final BoltClient client;
    private final String name;
    private final Class<T> type;
    private final ReferenceOptions options;
    private final Attempts attempts;
    private final Map<Method, CalledMethod> methods = new HashMap<>();
    private final T proxy;

    RpcReference(BoltClient client, Class<T> type, Directory directory, ReferenceOptions options) {
        this.client = client;
        this.name = ServiceName.of(type, options.version());
        this.type = type;
        this.options = options;
        AllowedTypes types = AllowedTypes.of(type).plus(options.types()).plusPackages(options.typePackages());
        this.attempts = new Attempts(client, directory, new SofaBodies(types), options.balance());
        for (Method method : type.getMethods()) {
            methods.put(method, CalledMethod.of(method, options));
        }
        this.proxy = type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, this::invoke));
    }

    /** {@code interface:version}. */
    public String service() {
        return name;
    }

    /**
     * The service, to be called. Methods throw what the service throws, as far as its interface declares it or it is unchecked,
     * and {@link RpcException}. A method that returns a {@link CompletableFuture} does not block.
     */
    public T proxy() {
        return proxy;
    }

    /** Makes one call of whatever method without blocking: {@code reference.async(it -> it.balance("42"))}. */
    public <R> CompletableFuture<R> async(Function<? super T, R> call) {
        @SuppressWarnings("unchecked") // the method that made the call says that it returns R
        CompletableFuture<R> result =
                (CompletableFuture<R>) wish(Mode.FUTURE, call).thenApply(Reply::value);
        return result;
    }

    /** Makes one call of whatever method, waits until it is sent, and not for an answer: {@code reference.oneWay(it -> it.warm("42"))}. */
    public void oneWay(Consumer<? super T> call) {
        CompletableFuture<Reply> sent = wish(Mode.ONE_WAY, it -> {
            call.accept(it);
            return true;
        });
        try {
            sent.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RpcException failure ? failure : e;
        }
    }

    private CompletableFuture<Reply> wish(Mode mode, Function<? super T, ?> call) {
        Wish before = WISH.get();
        Wish wish = new Wish(this, mode);
        WISH.set(wish);
        try {
            Object unused = call.apply(proxy);
        } finally {
            if (before == null) {
                WISH.remove();
            } else {
                WISH.set(before);
            }
        }
        if (wish.made == null) {
            throw new IllegalArgumentException("exactly one method of " + name + " has to be called");
        }
        return wish.made;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it goes to the caller
    private @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        CalledMethod called = methods.get(method);
        if (called == null) {
            return ofObject(self, method, arguments);
        }
        @Nullable Object[] given = arguments == null ? new @Nullable Object[0] : arguments;
        Wish wish = WISH.get();
        if (wish != null && wish.of == this && wish.made == null) {
            wish.made = call(called, given, wish.mode);
            return called.zero();
        }
        if (called.returnsFuture()) {
            return call(called, given, Mode.FUTURE).thenApply(Reply::value);
        }
        CompletableFuture<Reply> made = call(called, given, called.oneWay() ? Mode.ONE_WAY : Mode.BLOCKING);
        try {
            return called.result(made.join().value());
        } catch (CompletionException e) {
            throw called.toThrow(e.getCause() == null ? e : e.getCause(), name);
        }
    }

    private @Nullable Object ofObject(Object self, Method method, @Nullable Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "equals" -> arguments != null && isSame(self, arguments[0]);
            case "hashCode" -> System.identityHashCode(self);
            default -> "reference to " + name;
        };
    }

    @SuppressWarnings("ReferenceEquality") // a reference is equal to itself alone
    private static boolean isSame(Object one, @Nullable Object other) {
        return one == other;
    }

    private CompletableFuture<Reply> call(CalledMethod method, @Nullable Object[] arguments, Mode mode) {
        Call call = new Call(
                name,
                method.name(),
                method.signature(),
                Arrays.asList(arguments),
                Map.of(),
                timeout(),
                mode == Mode.ONE_WAY,
                method.idempotent(),
                method.userIds().in(arguments).or(Routing::currentUser).or(RpcReference::servedUser));
        CallFilter.Caller next = mode == Mode.FUTURE ? this::onVirtualThread : this::here;
        for (CallFilter filter : client.options().filters().reversed()) {
            CallFilter.Caller inner = next;
            next = it -> filter.call(it, inner);
        }
        return next.call(call);
    }

    /** A call made while serving one ends when that one's caller stops waiting. */
    private Duration timeout() {
        Duration own = options.timeout().orElse(client.options().callTimeout());
        Optional<Duration> outer = CallContext.current().flatMap(CallContext::remaining);
        if (outer.isEmpty() || outer.get().compareTo(own) >= 0) {
            return own;
        }
        if (outer.get().toMillis() < 1) {
            throw new RpcException(
                    RpcException.Code.TIMEOUT, "the deadline of the call that is being served has passed");
        }
        return outer.get();
    }

    /** On whose behalf the call is that is being served. */
    private static Optional<String> servedUser() {
        return CallContext.current().flatMap(CallContext::user);
    }

    private CompletableFuture<Reply> here(Call call) {
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        complete(reply, call);
        return reply;
    }

    private CompletableFuture<Reply> onVirtualThread(Call call) {
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        Thread.ofVirtual().name("plinth-rpc-call").start(() -> complete(reply, call));
        return reply;
    }

    private void complete(CompletableFuture<Reply> reply, Call call) {
        try {
            reply.complete(attempts.make(call));
        } catch (Throwable e) {
            // What a call fails with is its outcome, an Error of the service too.
            reply.completeExceptionally(e instanceof ForeignException foreign ? foreign(foreign, call) : e);
        }
    }

    private static RpcException foreign(ForeignException e, Call call) {
        return new RpcException(RpcException.Code.FAILED, call.what() + " threw " + e.getMessage(), e);
    }

    @Override
    public String toString() {
        return "reference to " + name + " as " + type.getSimpleName();
    }
}
