package dev.plinth.trust.control.door.grpc;

import io.grpc.Metadata;
import java.util.Optional;

/** What a caller of gRPC shows to say who it is: {@code authorization: Bearer TOKEN}. */
public final class BearerToken {
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SCHEME = "Bearer ";

    private BearerToken() {}

    /** Empty if nothing is shown, or something of another scheme. */
    public static Optional<String> in(Metadata headers) {
        return Optional.ofNullable(headers.get(HEADER))
                .filter(shown -> shown.startsWith(SCHEME))
                .map(shown -> shown.substring(SCHEME.length()));
    }
}
