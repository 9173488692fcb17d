package dev.plinth.trust.control.door.grpc;

import dev.plinth.trust.control.AdminToken;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;

/** Lets nobody in who does not show the token: {@code authorization: Bearer TOKEN}. */
public final class TokenGuard implements ServerInterceptor {
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SCHEME = "Bearer ";

    private final AdminToken token;

    private TokenGuard(AdminToken token) {
        this.token = token;
    }

    /** A door that asks for the token at each call. */
    public static BindableService before(BindableService door, AdminToken token) {
        return () -> ServerInterceptors.intercept(door, new TokenGuard(token));
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var shown = headers.get(HEADER);
        if (shown == null || !shown.startsWith(SCHEME) || !token.is(shown.substring(SCHEME.length()))) {
            call.close(
                    Status.UNAUTHENTICATED.withDescription("header authorization: expected Bearer and " + token),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
