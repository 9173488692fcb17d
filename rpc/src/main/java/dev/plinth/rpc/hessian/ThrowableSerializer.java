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
    private static final int CAUSES_MAX = 100;
    private static final List<String> COMMON = List.of("detailMessage", "cause", "stackTrace", "suppressedExceptions");

    /** Whether what caused an exception goes with it. */
    enum Causes {
        WITH,
        /**
         * As SOFARPC's servers do: its clients cannot read an exception whose cause has a class that they lack, and some not
         * even one whose class they have. The stack trace is the first cause's, so that the place is not lost.
         */
        CUT
    }

    private final String type;
    private final Causes causes;
    private final List<Field> own;
    private final String[] names;

    ThrowableSerializer(Class<?> type, Causes causes) {
        this.type = type.getName();
        this.causes = causes;
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
            switch (causes) {
                case WITH -> {
                    out.writeObject(throwable.getCause());
                    out.writeObject(throwable.getStackTrace());
                    out.writeObject(new ArrayList<>(Arrays.asList(throwable.getSuppressed())));
                }
                case CUT -> {
                    out.writeNull();
                    out.writeObject(root(throwable).getStackTrace());
                    out.writeObject(new ArrayList<>());
                }
            }
            for (Field field : own) {
                out.writeObject(valueOf(field, throwable));
            }
        });
    }

    private static Throwable root(Throwable throwable) {
        Throwable root = throwable;
        for (int i = 0; root.getCause() != null && i < CAUSES_MAX; i++) {
            root = root.getCause();
        }
        return root;
    }

    private static Object valueOf(Field field, Throwable throwable) throws IOException {
        try {
            return field.get(throwable);
        } catch (IllegalAccessException e) {
            throw new IOException("cannot read " + field, e);
        }
    }
}
