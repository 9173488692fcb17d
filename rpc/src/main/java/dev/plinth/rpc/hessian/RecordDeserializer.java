package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractDeserializer;
import com.caucho.hessian.io.AbstractHessianInput;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record from the fields of its components' names, by its own constructor: what the record refuses is refused. A field
 * that it does not have is skipped, and a component that did not come is null or 0.
 */
final class RecordDeserializer extends AbstractDeserializer {
    private final Class<? extends Record> type;
    private final Map<String, Integer> indexes = new HashMap<>();
    private final Class<?>[] componentTypes;
    private final Constructor<? extends Record> constructor;

    RecordDeserializer(Class<? extends Record> type) {
        this.type = type;
        RecordComponent[] components = type.getRecordComponents();
        this.componentTypes =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        for (int i = 0; i < components.length; i++) {
            indexes.put(components[i].getName(), i);
        }
        try {
            this.constructor = type.getDeclaredConstructor(componentTypes);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type + " has no canonical constructor", e);
        }
        constructor.setAccessible(true);
    }

    @Override
    public Class<?> getType() {
        return type;
    }

    @Override
    public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
        int ref = in.addRef(null);
        @Nullable Object[] values = absent();
        for (String field : fields) {
            Integer index = indexes.get(field);
            if (index == null) {
                in.readObject();
            } else {
                values[index] = present(in.readObject(componentTypes[index]), index);
            }
        }
        Object record = make(values);
        in.setRef(ref, record);
        return record;
    }

    /** Old peers write objects as maps from field to value. */
    @Override
    public Object readMap(AbstractHessianInput in) throws IOException {
        int ref = in.addRef(null);
        @Nullable Object[] values = absent();
        while (!in.isEnd()) {
            Integer index = indexes.get(in.readString());
            if (index == null) {
                in.readObject();
            } else {
                values[index] = present(in.readObject(componentTypes[index]), index);
            }
        }
        in.readMapEnd();
        Object record = make(values);
        in.setRef(ref, record);
        return record;
    }

    private @Nullable Object[] absent() {
        @Nullable Object[] values = new @Nullable Object[componentTypes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = zero(i);
        }
        return values;
    }

    private @Nullable Object present(@Nullable Object value, int index) {
        return value == null ? zero(index) : value;
    }

    private @Nullable Object zero(int index) {
        return componentTypes[index].isPrimitive() ? Array.get(Array.newInstance(componentTypes[index], 1), 0) : null;
    }

    private Object make(@Nullable Object[] values) throws IOException {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw refused(e.getCause() == null ? e : e.getCause());
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            throw refused(e);
        }
    }

    private Refusal refused(Throwable why) {
        Refusal refusal = Refusal.malformed("a " + type.getName() + " cannot be made of what came: "
                + (why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage()));
        refusal.initCause(why);
        return refusal;
    }
}
