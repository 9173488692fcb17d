package dev.plinth.trust.control.door.spiffe;

/**
 * Who is at the other end of a connection, as the kernel said when it was accepted.
 *
 * @param startTime of the process, in the kernel's ticks since boot: no later process of the same number has it
 */
record Peer(int pid, int uid, int gid, long startTime) {}
