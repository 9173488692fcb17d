/**
 * The journal of a cluster: each partition is a group of SOFAJRaft, and all groups of a process share its one segment store.
 *
 * <p>Start with {@link dev.plinth.raft.RaftNode} (a process's membership: one port, many groups) and {@link
 * dev.plinth.raft.RaftJournal} (what a partition is given). Inside, {@code Proposals} carries inputs to the leader, {@code
 * GroupMachine} takes what is committed to the engine's thread, which is {@code Applier}'s; {@code SegmentLogStorage} and {@code
 * VoteLog} are what JRaft keeps on disk.
 */
@NullMarked
package dev.plinth.raft;

import org.jspecify.annotations.NullMarked;
