package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractDeserializer;
import com.caucho.hessian.io.AbstractHessianInput;
import com.caucho.hessian.io.AbstractHessianOutput;
import com.caucho.hessian.io.Hessian2Output;
import dev.plinth.rpc.hessian.GuardedFactory.Foreign;
import dev.plinth.rpc.hessian.ThrowableSerializer.Causes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the bodies of a protocol whose classes are not here: each object is a {@link ForeignObject}. Whatever class a
 * body names, none is looked for. The bounds are those of {@link SofaBodies}.
 */
public final class ForeignBodies {
    private static final GuardedFactory FACTORY =
            new GuardedFactory(AllowedTypes.of(Runnable.class), Foreign.OBJECTS_BY_NAME, Causes.CUT);

    private ForeignBodies() {}

    /**
     * Reads one object.
     *
     * @throws BodyException if it cannot be taken
     */
    public static ForeignObject read(ByteBuf in) {
        try {
            var read = new GuardedInput(in, FACTORY).readObject();
            if (read instanceof ForeignObject object) {
                return object;
            }
            throw Refusal.malformed(
                    "it is " + (read == null ? "null" : "a " + read.getClass().getName()) + ": expected an object");
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw Refusal.told("the body", e);
        }
    }

    /**
     * Writes one object.
     *
     * @throws BodyException {@code UNWRITABLE} if a value within it cannot travel
     */
    public static void write(ForeignObject object, ByteBuf out) {
        var body = new Hessian2Output(new ByteBufOutputStream(out));
        body.setSerializerFactory(FACTORY);
        try {
            body.writeObject(object);
            body.flush();
        } catch (IOException | RuntimeException e) {
            throw new BodyException(BodyException.Kind.UNWRITABLE, "the body cannot be written: " + e.getMessage(), e);
        }
    }

    static final class Writer extends ObjectSerializer {
        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            if (out.addRef(value)) {
                return;
            }
            var object = (ForeignObject) value;
            write(out, object.type(), object.fields().keySet().toArray(String[]::new), () -> {
                for (var field : object.fields().values()) {
                    out.writeObject(field);
                }
            });
        }
    }

    static final class Reader extends AbstractDeserializer {
        private final String type;

        Reader(String type) {
            this.type = type;
        }

        @Override
        public Class<?> getType() {
            return ForeignObject.class;
        }

        @Override
        public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
            int ref = in.addRef(null);
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            for (var field : fields) {
                values.put(field, in.readObject());
            }
            var object = new ForeignObject(type, values);
            in.setRef(ref, object);
            return object;
        }
    }
}
