/** Keys and secrets over gRPC, as {@code plinth/secrets/v1/secrets.proto} says. Start with {@code SecretsDoor}. */
@NullMarked
package dev.plinth.trust.secrets.door.grpc;

import org.jspecify.annotations.NullMarked;
