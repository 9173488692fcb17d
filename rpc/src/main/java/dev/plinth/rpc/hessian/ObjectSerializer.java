package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractHessianOutput;
import com.caucho.hessian.io.AbstractSerializer;
import java.io.IOException;

/** Writes objects of one type name as Hessian 2 does: the fields' names once in a body, then values. */
abstract class ObjectSerializer extends AbstractSerializer {

    /** Writes the values, in the order of the names. */
    interface Values {
        void write() throws IOException;
    }

    static void write(AbstractHessianOutput out, String type, String[] fields, Values values) throws IOException {
        if (out.writeObjectBegin(type) == -1) {
            out.writeClassFieldLength(fields.length);
            for (String field : fields) {
                out.writeString(field);
            }
            out.writeObjectBegin(type);
        }
        values.write();
    }
}
