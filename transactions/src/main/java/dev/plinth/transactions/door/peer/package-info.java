/**
 * What the servers of a cluster ask each other about transactions ({@code plinth.transactions.v1.TransactionPeers}). Start with
 * {@link dev.plinth.transactions.door.peer.PeerServers}, which asks; {@link dev.plinth.transactions.door.peer.PeersDoor} answers.
 */
@NullMarked
package dev.plinth.transactions.door.peer;

import org.jspecify.annotations.NullMarked;
