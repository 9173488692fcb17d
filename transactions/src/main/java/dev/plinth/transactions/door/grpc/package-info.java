/**
 * The coordinator for those who operate it, over gRPC ({@code plinth/transactions/v1/transactions.proto}).
 *
 * <p>Start with {@link dev.plinth.transactions.door.grpc.TransactionsDoor}.
 */
@NullMarked
package dev.plinth.transactions.door.grpc;

import org.jspecify.annotations.NullMarked;
