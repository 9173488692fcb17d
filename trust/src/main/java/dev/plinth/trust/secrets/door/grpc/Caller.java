package dev.plinth.trust.secrets.door.grpc;

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
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SCHEME = "Bearer ";

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
        var shown = headers.get(HEADER);
        if (shown == null || !shown.startsWith(SCHEME)) {
            call.close(
                    Status.UNAUTHENTICATED.withDescription(
                            "header authorization: expected Bearer and the administrator's token of this server"),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        var token = shown.substring(SCHEME.length());
        return Contexts.interceptCall(
                Context.current().withValue(TOKEN, admin.test(token) ? Optional.empty() : Optional.of(token)),
                call,
                headers,
                next);
    }
}
