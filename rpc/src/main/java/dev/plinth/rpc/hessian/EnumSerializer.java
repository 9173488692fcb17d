package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractHessianOutput;
import java.io.IOException;

/** Writes an enum's constant by name, under the enum's own type also if the constant has a class body. */
final class EnumSerializer extends ObjectSerializer {
    private static final String[] FIELDS = {"name"};

    @Override
    public void writeObject(Object constant, AbstractHessianOutput out) throws IOException {
        if (out.addRef(constant)) {
            return;
        }
        Enum<?> it = (Enum<?>) constant;
        write(out, it.getDeclaringClass().getName(), FIELDS, () -> out.writeString(it.name()));
    }
}
