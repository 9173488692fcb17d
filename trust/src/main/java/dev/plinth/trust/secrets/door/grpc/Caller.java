package dev.plinth.trust.secrets.door.grpc;

import dev.plinth.trust.control.door.grpc.BearerToken;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.function.Predicate;

/** Who calls, by what it shows in {@code authorization}: the administrator, or somebody with another token. Others are turned away. */
final class Caller implements ServerInterceptor {
    /** A token that is not the administrator's; empty for the administrator. */
    private static final Context.Key<Optional<String>> TOKEN = Context.key("plinth-secrets-caller");

    private final Predicate<String> admin;

    Caller(Predicate<String> admin) {
        this.admin = admin;
    }

    static Optional<String> token() {
        return TOKEN.get();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var shown = BearerToken.in(headers);
        if (shown.isEmpty()) {
            call.close(
                    Status.UNAUTHENTICATED.withDescription(
                            "header authorization: expected Bearer and the administrator's token of this server"),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(
                Context.current().withValue(TOKEN, shown.filter(admin.negate())), call, headers, next);
    }
}
