package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.AbstractDeserializer;
import com.caucho.hessian.io.AbstractHessianInput;
import java.io.IOException;

/** Reads an exception of a type that is not made here. */
final class ForeignExceptionDeserializer extends AbstractDeserializer {
    private final String typeName;

    ForeignExceptionDeserializer(String typeName) {
        this.typeName = typeName;
    }

    @Override
    public Class<?> getType() {
        return ForeignException.class;
    }

    @Override
    public Object readObject(AbstractHessianInput in, String[] fields) throws IOException {
        int ref = in.addRef(null);
        String message = "";
        StackTraceElement[] trace = {};
        for (String field : fields) {
            Object value = in.readObject();
            if (field.equals("detailMessage") && value instanceof String text) {
                message = text;
            } else if (field.equals("stackTrace") && value instanceof StackTraceElement[] elements) {
                trace = elements;
            }
        }
        ForeignException exception = new ForeignException(typeName, message);
        exception.setStackTrace(trace);
        in.setRef(ref, exception);
        return exception;
    }
}
