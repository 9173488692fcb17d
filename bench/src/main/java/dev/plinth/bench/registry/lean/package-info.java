/** gRPC as a load needs it: frames put together by hand, many connections on one thread. Start at {@link dev.plinth.bench.registry.lean.LeanThread}. */
@NullMarked
package dev.plinth.bench.registry.lean;

import org.jspecify.annotations.NullMarked;
