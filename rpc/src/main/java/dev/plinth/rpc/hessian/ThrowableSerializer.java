package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractHessianOutput;
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes an exception: what every one has, and the fields of the application's classes among its own. */
final class ThrowableSerializer extends ObjectSerializer {
    /*
     * The library's own reaches for the private fields of the JDK's exceptions too (those of SQLException, say), and fails on a
     * JDK of today.
     */
    private static final List<String> COMMON = List.of("detailMessage", "cause", "stackTrace", "suppressedExceptions");

    private final String type;
    private final List<Field> own;
    private final String[] names;

    ThrowableSerializer(Class<?> type) {
        this.type = type.getName();
        this.own = ownFields(type);
        List<String> all = new ArrayList<>(COMMON);
        own.forEach(it -> all.add(it.getName()));
        this.names = all.toArray(String[]::new);
    }

    /** The fields of an exception's class and its superclasses, up to the first of the JDK. */
    static List<Field> ownFields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> at = type; at != null && !at.getName().startsWith("java."); at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                boolean taken = COMMON.contains(field.getName())
                        || fields.stream().anyMatch(it -> it.getName().equals(field.getName()));
                if (!taken && TypeWalk.travels(field) && field.trySetAccessible()) {
                    fields.add(field);
                }
            }
        }
        return fields;
    }

    @Override
    public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
        if (out.addRef(value)) {
            return;
        }
        Throwable throwable = (Throwable) value;
        write(out, type, names, () -> {
            out.writeString(throwable.getMessage());
            out.writeObject(throwable.getCause());
            out.writeObject(throwable.getStackTrace());
            out.writeObject(new ArrayList<>(Arrays.asList(throwable.getSuppressed())));
            for (Field field : own) {
                out.writeObject(valueOf(field, throwable));
            }
        });
    }

    private static Object valueOf(Field field, Throwable throwable) throws IOException {
        try {
            return field.get(throwable);
        } catch (IllegalAccessException e) {
            throw new IOException("cannot read " + field, e);
        }
    }
}
