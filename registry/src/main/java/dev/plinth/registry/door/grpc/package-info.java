/**
 * The registry over gRPC, as {@code plinth/registry/v1/registry.proto} says.
 *
 * <p>Start with {@link dev.plinth.registry.door.grpc.RegistryDoor}; a client's stream is a {@code Connection}, with a {@code
 * ServiceStream} for each service that it is subscribed to.
 */
@NullMarked
package dev.plinth.registry.door.grpc;

import org.jspecify.annotations.NullMarked;
