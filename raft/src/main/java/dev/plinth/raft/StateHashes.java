package dev.plinth.raft;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What each member's state hashed to at the last checkpoints, and whether this member's differs from what most have. */
final class StateHashes {
    /*
     * Each member orders its hash of every checkpoint. A member that finds itself alone with its own knows that it deviates: a bit
     * flipped in its memory, its disk lied, or its release decides otherwise. It cannot be trusted with another entry. If no
     * majority agrees at all, nobody knows who is right, and all of them stop.
     */
    private static final int CHECKPOINTS_KEPT = 8;

    private final RaftMember self;

    /** By index, by member. Guarded by this. */
    private final TreeMap<Long, Map<String, String>> seen = new TreeMap<>();

    StateHashes(RaftMember self) {
        this.self = self;
    }

    /**
     * Takes a member's hash.
     *
     * @param members how many the group has now
     * @return why this member must stop, if it must
     */
    synchronized Optional<String> add(long index, String member, String hash, int members) {
        var here = seen.computeIfAbsent(index, _ -> new HashMap<>());
        here.put(member, hash);
        while (seen.size() > CHECKPOINTS_KEPT) {
            seen.pollFirstEntry();
        }
        String mine = here.get(self.toString());
        if (mine == null) {
            return Optional.empty();
        }
        long agree = here.values().stream().filter(other -> other.equals(mine)).count();
        int majority = members / 2 + 1;
        if (agree >= majority) {
            return Optional.empty();
        }
        var most = here.values().stream()
                .mapToLong(one -> here.values().stream()
                        .filter(other -> other.equals(one))
                        .count())
                .max()
                .orElse(0);
        if (most >= majority || here.size() >= members) {
            return Optional.of("the state after input " + index + " hashes to "
                    + mine.substring(0, 16) + "… on " + agree + " of " + here.size()
                    + " members, this one among them; "
                    + (most >= majority ? most + " others agree on another" : "no majority agrees on any"));
        }
        return Optional.empty();
    }
}
