package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractHessianOutput;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;

/** Writes a record like a class with its components as fields. */
final class RecordSerializer extends ObjectSerializer {
    private final String type;
    private final String[] names;
    private final Method[] accessors;

    RecordSerializer(Class<? extends Record> type) {
        this.type = type.getName();
        RecordComponent[] components = type.getRecordComponents();
        this.names = Arrays.stream(components).map(RecordComponent::getName).toArray(String[]::new);
        this.accessors =
                Arrays.stream(components).map(RecordComponent::getAccessor).toArray(Method[]::new);
        for (Method accessor : accessors) {
            accessor.setAccessible(true);
        }
    }

    @Override
    public void writeObject(Object record, AbstractHessianOutput out) throws IOException {
        if (out.addRef(record)) {
            return;
        }
        write(out, type, names, () -> {
            for (Method accessor : accessors) {
                out.writeObject(valueOf(accessor, record));
            }
        });
    }

    private static Object valueOf(Method accessor, Object record) throws IOException {
        try {
            return accessor.invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IOException("cannot read " + accessor, e);
        }
    }
}
