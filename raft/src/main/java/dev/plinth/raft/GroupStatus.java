package dev.plinth.raft;

import java.util.List;
import java.util.Optional;

/**
 * How a group stands, as this member sees it.
 *
 * @param leader empty while nobody leads
 * @param term counts the elections
 * @param members of the group now
 * @param applied inputs that this member's engine has been given, since the group's beginning
 * @param lag entries that are known to be committed and are not applied here
 * @param trouble why the group does not go on at this member
 */
public record GroupStatus(
        String group,
        Role role,
        Optional<RaftMember> leader,
        long term,
        List<RaftMember> members,
        long applied,
        long lag,
        Optional<String> trouble) {

    /** What a member is in a group. */
    public enum Role {
        LEADER,
        FOLLOWER,
        /** Asks to be elected. */
        CANDIDATE,
        /** It takes no part: it was closed, or stopped for the trouble that the status names. */
        STOPPED
    }
}
