/**
 * Calls by Java interface over SOFA's Bolt protocol: to services of this project, and from and to an unmodified SOFARPC.
 *
 * <p>To offer a service, start with {@link dev.plinth.rpc.BoltServer}. To call one, start with {@link
 * dev.plinth.rpc.BoltClient}: {@code client.reference(Accounts.class, directory).proxy()}. Where services are is a {@link
 * dev.plinth.rpc.Directory}'s matter, and which cell owns a user, a {@link dev.plinth.rpc.CellMapSource}'s; a server keeps users
 * of other cells out by a {@link dev.plinth.rpc.CellGuard}. What goes around a call, on either side, is a {@link dev.plinth.rpc.CallFilter} or a {@link
 * dev.plinth.rpc.ServeFilter}; who is served at the moment, a {@link dev.plinth.rpc.CallContext} knows. What can go wrong is one
 * type with stable codes: {@link dev.plinth.rpc.RpcException}.
 */
@NullMarked
package dev.plinth.rpc;

import org.jspecify.annotations.NullMarked;
