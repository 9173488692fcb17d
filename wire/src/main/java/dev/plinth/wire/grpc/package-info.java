/** What all of the house's gRPC doors say in the same way, beside their messages: {@link dev.plinth.wire.grpc.RetryHint}. */
@NullMarked
package dev.plinth.wire.grpc;

import org.jspecify.annotations.NullMarked;
