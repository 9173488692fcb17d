package dev.plinth.rpc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A call on its way out.
 *
 * @param service {@code interface:version}
 * @param signature the parameters' types as the JVM names them, {@code int} or {@code [Ljava.lang.String;}
 * @param properties travel with the call; the called side finds them in its {@link CallContext}
 * @param timeout for the whole call, all attempts included
 * @param oneWay nobody waits for an answer
 * @param idempotent may be sent again although it may have been carried out
 * @param user on whose behalf it is made
 */
public record Call(
        String service,
        String method,
        List<String> signature,
        List<@Nullable Object> arguments,
        Map<String, String> properties,
        Duration timeout,
        boolean oneWay,
        boolean idempotent,
        Optional<String> user) {
    public Call {
        signature = List.copyOf(signature);
        arguments = Collections.unmodifiableList(new ArrayList<>(arguments));
        properties = Map.copyOf(properties);
        if (signature.size() != arguments.size()) {
            throw new IllegalArgumentException(method + " of " + service + " has " + signature.size()
                    + " parameters, and is called with " + arguments.size() + " arguments");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout of " + method + ": " + timeout + " is not positive");
        }
    }

    /** The same call with one more property, or another value for it. */
    public Call with(String property, String value) {
        Map<String, String> more = new HashMap<>(properties);
        more.put(property, value);
        return new Call(service, method, signature, arguments, more, timeout, oneWay, idempotent, user);
    }

    /** The same call on behalf of a user. */
    public Call forUser(String id) {
        return new Call(
                service, method, signature, arguments, properties, timeout, oneWay, idempotent, Optional.of(id));
    }

    /** The same call with another time-out. */
    public Call within(Duration other) {
        return new Call(service, method, signature, arguments, properties, other, oneWay, idempotent, user);
    }

    /** {@code method} of {@code service}, for messages. */
    String what() {
        return method + " of " + service;
    }
}
