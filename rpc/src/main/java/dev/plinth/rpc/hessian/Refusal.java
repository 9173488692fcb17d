package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.HessianFieldException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Why a body is not read on, in the exceptions that the Hessian library passes through; it becomes a {@link BodyException}. */
final class Refusal extends IOException {
    private final BodyException.Kind kind;

    Refusal(BodyException.Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    static Refusal malformed(String message) {
        return new Refusal(BodyException.Kind.MALFORMED, message);
    }

    /** Tells a failure within the library as what it was, and where: the fields on the way are named. */
    static BodyException told(String what, Throwable failure) {
        StringBuilder path = new StringBuilder();
        Throwable last = failure;
        for (Throwable at = failure; at != null; at = at.getCause()) {
            last = at;
            if (at instanceof Refusal refusal) {
                return new BodyException(refusal.kind, what + ": " + refusal.getMessage() + path, failure);
            }
            if (at instanceof HessianFieldException) {
                path.append(path.isEmpty() ? " (in " : " > ").append(fieldOf(at.getMessage()));
            }
        }
        if (!path.isEmpty()) {
            path.append(')');
        }
        return new BodyException(BodyException.Kind.MALFORMED, what + ": " + plain(last) + path, failure);
    }

    private static String fieldOf(@Nullable String message) {
        if (message == null) {
            return "?";
        }
        int end = message.indexOf(':');
        return end < 0 ? message : message.substring(0, end);
    }

    private static String plain(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isEmpty()
                ? "it does not fit what was expected (" + failure.getClass().getSimpleName() + ")"
                : message;
    }
}
