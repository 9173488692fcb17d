/**
 * Servers that tell each other of their clients' endpoints, as {@code plinth/registry/v1/peers.proto} says.
 *
 * <p>Start with {@link dev.plinth.registry.door.peer.RegistryPeers}, which follows the other servers, and {@link
 * dev.plinth.registry.door.peer.RegistryPeersDoor}, which lets them follow this one.
 */
@NullMarked
package dev.plinth.registry.door.peer;

import org.jspecify.annotations.NullMarked;
