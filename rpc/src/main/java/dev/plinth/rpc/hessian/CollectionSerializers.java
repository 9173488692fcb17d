package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractHessianOutput;
import com.caucho.hessian.io.AbstractSerializer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;

/**
 * Collections that nobody else could make ({@code List.of}, {@code unmodifiableMap}, views) travel as the plain one that is like
 * them. The library would write the name of their hidden class.
 */
final class CollectionSerializers {
    private CollectionSerializers() {}

    static final class OfCollection extends AbstractSerializer {
        private final Class<?> like;

        OfCollection(Class<?> like) {
            this.like = like;
        }

        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            if (out.addRef(value)) {
                return;
            }
            Collection<?> elements = (Collection<?>) value;
            // As everybody does, a list of type ArrayList goes without a name.
            boolean hasEnd = out.writeListBegin(elements.size(), like == ArrayList.class ? null : like.getName());
            for (Object element : elements) {
                out.writeObject(element);
            }
            if (hasEnd) {
                out.writeListEnd();
            }
        }
    }

    static final class OfMap extends AbstractSerializer {
        private final Class<?> like;

        OfMap(Class<?> like) {
            this.like = like;
        }

        @Override
        public void writeObject(Object value, AbstractHessianOutput out) throws IOException {
            if (out.addRef(value)) {
                return;
            }
            out.writeMapBegin(like.getName());
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                out.writeObject(entry.getKey());
                out.writeObject(entry.getValue());
            }
            out.writeMapEnd();
        }
    }
}
