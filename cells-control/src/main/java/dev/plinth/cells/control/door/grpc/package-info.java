/** The cell map over gRPC, as {@code plinth/cells/v1/cells.proto} says. Start with {@link CellMapsDoor}. */
@NullMarked
package dev.plinth.cells.control.door.grpc;

import org.jspecify.annotations.NullMarked;
