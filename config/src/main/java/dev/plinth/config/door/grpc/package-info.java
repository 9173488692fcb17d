/** The configuration over gRPC, as {@code plinth/config/v1/configs.proto} says. Start with {@code ConfigsDoor}. */
@NullMarked
package dev.plinth.config.door.grpc;

import org.jspecify.annotations.NullMarked;
