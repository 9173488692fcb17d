/** Trust over gRPC, for operation, as {@code plinth/trust/v1/trust.proto} says. Start with {@code TrustDoor}. */
@NullMarked
package dev.plinth.trust.control.door.grpc;

import org.jspecify.annotations.NullMarked;
