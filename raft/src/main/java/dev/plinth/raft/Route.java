package dev.plinth.raft;

/**
 * Where inputs go: to the member that leads in this term, as its first entry in the log says.
 *
 * <p>Read from the log and not from JRaft, which often knows a new leader earlier: when a term's first entry is applied here, every
 * entry of the terms before it is applied too, or will never be.
 */
record Route(long term, RaftMember leader) {}
