package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractDeserializer;
import com.caucho.hessian.io.AbstractHessianInput;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads an exception, by one of its constructors. */
final class ThrowableDeserializer extends AbstractDeserializer {
    /*
     * The JDK lets nobody write a Throwable's message but its constructors. So those are tried, with the message for a String,
     * the cause for a Throwable, and for each parameter whose name is known (javac -parameters) the field of that name; those
     * with more parameters first, since they leave less out. The first one that gives an exception with the right message is it.
     * Otherwise the first one that gives any; then the message goes along as a suppressed exception.
     */
    private final Class<?> type;
    private final List<Constructor<?>> constructors;
    private final Map<String, Field> own = new HashMap<>();

    ThrowableDeserializer(Class<?> type) {
        this.type = type;
        this.constructors = Arrays.stream(type.getDeclaredConstructors())
                .filter(Constructor::trySetAccessible)
                .sorted(Comparator.<Constructor<?>>comparingInt(Constructor::getParameterCount)
                        .reversed())
                .toList();
        ThrowableSerializer.ownFields(type).forEach(it -> own.put(it.getName(), it));
    }

    @Override
    public Class<?> getType() {
        return type;
    }

    @Override
    public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
        // An exception that is its own cause, as the JDK marks one without, refers back to this null.
        int ref = in.addRef(null);
        Map<String, @Nullable Object> values = new HashMap<>();
        for (String field : fields) {
            Field known = own.get(field);
            values.put(field, known == null ? in.readObject() : in.readObject(known.getType()));
        }
        Throwable made = make(values);
        complete(made, values);
        in.setRef(ref, made);
        return made;
    }

    private Throwable make(Map<String, @Nullable Object> values) {
        String message = values.get("detailMessage") instanceof String text ? text : null;
        Throwable other = null;
        for (Constructor<?> constructor : constructors) {
            Throwable made = tryToMake(constructor, message, values);
            if (made != null && Objects.equals(made.getMessage(), message)) {
                return made;
            }
            if (other == null) {
                other = made;
            }
        }
        ForeignException foreign = new ForeignException(type.getName(), message == null ? "" : message);
        if (other == null) {
            return foreign;
        }
        other.addSuppressed(foreign);
        return other;
    }

    private static @Nullable Throwable tryToMake(
            Constructor<?> constructor, @Nullable String message, Map<String, @Nullable Object> values) {
        Parameter[] parameters = constructor.getParameters();
        @Nullable Object[] arguments = new @Nullable Object[parameters.length];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = argument(parameters[i], message, values);
        }
        try {
            return (Throwable) constructor.newInstance(arguments);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            // It takes something else than we have; the next one may not.
            return null;
        }
    }

    private static @Nullable Object argument(
            Parameter parameter, @Nullable String message, Map<String, @Nullable Object> values) {
        Class<?> wanted = parameter.getType();
        if (parameter.isNamePresent() && values.containsKey(parameter.getName())) {
            return values.get(parameter.getName());
        }
        if (wanted == String.class) {
            return message;
        }
        if (Throwable.class.isAssignableFrom(wanted)) {
            Object cause = values.get("cause");
            return wanted.isInstance(cause) ? cause : null;
        }
        return wanted.isPrimitive() ? Array.get(Array.newInstance(wanted, 1), 0) : null;
    }

    private void complete(Throwable made, Map<String, @Nullable Object> values) throws IOException {
        if (made.getCause() == null && values.get("cause") instanceof Throwable cause) {
            try {
                made.initCause(cause);
            } catch (IllegalStateException e) {
                // Its constructor has settled that it has none.
                made.addSuppressed(cause);
            }
        }
        if (values.get("stackTrace") instanceof StackTraceElement[] trace
                && Arrays.stream(trace).noneMatch(it -> it == null)) {
            made.setStackTrace(trace);
        }
        if (values.get("suppressedExceptions") instanceof Collection<?> all) {
            for (Object each : all) {
                if (each instanceof Throwable suppressed) {
                    made.addSuppressed(suppressed);
                }
            }
        }
        if (type.isInstance(made)) {
            setOwn(made, values);
        }
    }

    private void setOwn(Throwable made, Map<String, @Nullable Object> values) throws IOException {
        for (Map.Entry<String, Field> entry : own.entrySet()) {
            Object value = values.get(entry.getKey());
            Field field = entry.getValue();
            if (value == null && (field.getType().isPrimitive() || !values.containsKey(entry.getKey()))) {
                continue;
            }
            try {
                field.set(made, value);
            } catch (IllegalAccessException | IllegalArgumentException e) {
                throw Refusal.malformed("the field " + field.getName() + " of a " + type.getName() + " cannot be set");
            }
        }
    }
}
