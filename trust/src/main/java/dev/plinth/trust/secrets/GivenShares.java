package dev.plinth.trust.secrets;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The shares that operators have given to this server and that are no root key yet. Safe for many threads. */
final class GivenShares {
    /** By root key, then by point. Guarded by this. */
    private final Map<Long, TreeMap<Integer, byte[]>> given = new HashMap<>();

    /**
     * Takes an operator's share.
     *
     * @return what they make, if it was the last that is needed; none of them is kept then
     */
    synchronized Optional<RootKey.InMemory> give(Root root, Shares.Share share) {
        if (share.threshold() != root.threshold() || share.shares() != root.shares()) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "share: expected one of " + root.threshold() + " of " + root.shares() + ", found one of "
                            + share.threshold() + " of " + share.shares());
        }
        var there = given.computeIfAbsent(root.number(), _ -> new TreeMap<>());
        there.put(share.point(), share.values());
        if (there.size() < root.threshold()) {
            return Optional.empty();
        }
        var key = Shares.join(there);
        forget(root.number());
        return Optional.of(new RootKey.InMemory(key));
    }

    /** How many of this root key are here. */
    synchronized int count(long root) {
        return given.getOrDefault(root, new TreeMap<>()).size();
    }

    synchronized void forget(long root) {
        Optional.ofNullable(given.remove(root))
                .ifPresent(shares -> shares.values().forEach(values -> Arrays.fill(values, (byte) 0)));
    }

    synchronized void forget() {
        given.values().forEach(shares -> shares.values().forEach(values -> Arrays.fill(values, (byte) 0)));
        given.clear();
    }
}
