package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.trust.control.door.grpc.BearerToken;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.function.Predicate;

/** Whether the administrator calls, by the token in {@code authorization}. Workloads show none: their evidence says who they are. */
final class AecsCaller implements ServerInterceptor {
    private static final Context.Key<Boolean> ADMIN = Context.keyWithDefault("plinth-aecs-admin", false);

    private final Predicate<String> admin;

    AecsCaller(Predicate<String> admin) {
        this.admin = admin;
    }

    static void demandAdmin() {
        if (!ADMIN.get()) {
            throw Status.UNAUTHENTICATED
                    .withDescription(
                            "header authorization: expected Bearer and the administrator's token of this server;"
                                    + " a signature with an administrator's key is not asked about")
                    .asRuntimeException();
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        boolean isAdmin = BearerToken.in(headers).filter(admin).isPresent();
        return Contexts.interceptCall(Context.current().withValue(ADMIN, isAdmin), call, headers, next);
    }
}
