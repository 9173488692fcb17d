package dev.plinth.raft;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a process is a member of a cluster.
 *
 * @param self this member; its address is what it listens on
 * @param members the members of a group that has no past yet, this one among them; empty to join groups that are there, which then
 *     add this member. A group that has a past knows its members itself.
 * @param directory where the groups' snapshots are, one folder a group
 * @param electionTimeout how long a leader may be silent before the others elect another; 100 ms to one minute
 * @param tls demanded unless {@code self} is on the loopback
 * @param balanced whether this member hands over the lead of groups when it leads more than its share
 */
public record RaftOptions(
        RaftMember self,
        List<RaftMember> members,
        Path directory,
        Duration electionTimeout,
        Optional<RaftTls> tls,
        boolean balanced) {
    static final Duration ELECTION_TIMEOUT_MIN = Duration.ofMillis(100);
    static final Duration ELECTION_TIMEOUT_MAX = Duration.ofMinutes(1);

    /** Members of one cluster. */
    public static final int MEMBERS_MAX = 9;

    public RaftOptions {
        members = List.copyOf(members);
        if (members.size() > MEMBERS_MAX || members.stream().distinct().count() != members.size()) {
            throw new IllegalArgumentException(
                    "members are " + members + ": expected at most " + MEMBERS_MAX + ", and none of them twice");
        }
        if (!members.isEmpty() && !members.contains(self)) {
            throw new IllegalArgumentException(
                    "members are " + members + ": expected " + self + " among them, or nobody to join a cluster");
        }
        if (electionTimeout.compareTo(ELECTION_TIMEOUT_MIN) < 0
                || electionTimeout.compareTo(ELECTION_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("electionTimeout is " + electionTimeout + "; expected "
                    + ELECTION_TIMEOUT_MIN + " to " + ELECTION_TIMEOUT_MAX);
        }
    }

    /** A member among these from the beginning, with an election time-out of one second, balanced, without TLS. */
    public static RaftOptions of(RaftMember self, List<RaftMember> members, Path directory) {
        return new RaftOptions(self, members, directory, Duration.ofSeconds(1), Optional.empty(), true);
    }

    /** A member that will be added to groups that are there. */
    public static RaftOptions joining(RaftMember self, Path directory) {
        return of(self, List.of(), directory);
    }

    public RaftOptions withElectionTimeout(Duration timeout) {
        return new RaftOptions(self, members, directory, timeout, tls, balanced);
    }

    public RaftOptions withTls(RaftTls with) {
        return new RaftOptions(self, members, directory, electionTimeout, Optional.of(with), balanced);
    }

    public RaftOptions withBalance(boolean balance) {
        return new RaftOptions(self, members, directory, electionTimeout, tls, balance);
    }
}
