package dev.plinth.rpc;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The call that is being served: what came with it besides the arguments, and what goes back besides the result. */
public final class CallContext {
    /*
     * A ScopedValue is what this wants to be; JDK 21, for which this module is compiled, has it only as a preview. So it is a
     * ThreadLocal that the server sets around the service's method, on the thread that runs it, and takes away after it. It is
     * not inherited: a thread that the service starts outlives the call.
     */
    private static final ThreadLocal<@Nullable CallContext> CURRENT = new ThreadLocal<>();

    private final String service;
    private final String method;
    private final Map<String, String> properties;
    private final SocketAddress caller;
    private final Deadline deadline;
    private final Map<String, String> responseProperties = new ConcurrentHashMap<>();

    CallContext(
            String service, String method, Map<String, String> properties, SocketAddress caller, Deadline deadline) {
        this.service = service;
        this.method = method;
        this.properties = Map.copyOf(properties);
        this.caller = caller;
        this.deadline = deadline;
    }

    /** The call that this thread serves, if it does. */
    public static Optional<CallContext> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** Runs the work as part of this call, on the current thread. */
    public <R, X extends Exception> R call(Routing.Work<R, X> work) throws X {
        CallContext before = CURRENT.get();
        CURRENT.set(this);
        try {
            return work.call();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    /** {@code interface:version}. */
    public String service() {
        return service;
    }

    public String method() {
        return method;
    }

    /** What the caller sent along. Nested maps of SOFARPC (baggage, trace) have keys {@code outer.inner}. */
    public Map<String, String> properties() {
        return properties;
    }

    public Optional<String> property(String name) {
        return Optional.ofNullable(properties.get(name));
    }

    /** On whose behalf the caller says that it calls. */
    public Optional<String> user() {
        return property(WireProperties.USER);
    }

    /** The other end of the connection. */
    public SocketAddress caller() {
        return caller;
    }

    /** How long the caller still waits; empty if it did not say. Calls that the service makes end by then, too. */
    public Optional<Duration> remaining() {
        return deadline.remaining();
    }

    /** Sends a property back with the answer. */
    public void respond(String property, String value) {
        responseProperties.put(property, value);
    }

    Map<String, String> responseProperties() {
        return responseProperties;
    }
}
