package dev.plinth.trust.control.door.grpc;

import dev.plinth.trust.control.AdminToken;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;

/** Lets nobody in who does not show the token: a {@link BearerToken}. */
public final class TokenGuard implements ServerInterceptor {
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
        if (BearerToken.in(headers).filter(token::is).isEmpty()) {
            call.close(
                    Status.UNAUTHENTICATED.withDescription("header authorization: expected Bearer and " + token),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
