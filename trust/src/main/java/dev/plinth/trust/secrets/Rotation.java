package dev.plinth.trust.secrets;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A change of root keys that is under way.
 *
 * @param next takes over when each data key is sealed under it, and each of the servers has it
 * @param servers that have to have it
 * @param holders that have it, or had it when they said so
 * @param effect what seals the next data keys under it; 0 if nothing is left to seal, or nobody has it
 * @param cursor the last secret that was handed to an effect
 * @param rewrapped how many data keys were sealed under it so far
 */
record Rotation(
        Root next, SortedSet<String> servers, SortedSet<String> holders, long effect, String cursor, long rewrapped) {
    Rotation {
        servers = Collections.unmodifiableSortedSet(new TreeSet<>(servers));
        holders = Collections.unmodifiableSortedSet(new TreeSet<>(holders));
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("rotation of the root key: expected at least one server");
        }
    }

    static Rotation to(Root next, SortedSet<String> servers) {
        return new Rotation(next, servers, Collections.emptySortedSet(), 0, "", 0);
    }

    Rotation heldBy(String server) {
        var more = new TreeSet<>(holders);
        more.add(server);
        return new Rotation(next, servers, more, effect, cursor, rewrapped);
    }

    Rotation waitingFor(long otherEffect, String upTo) {
        return new Rotation(next, servers, holders, otherEffect, upTo, rewrapped);
    }

    Rotation rewrapped(int more) {
        return new Rotation(next, servers, holders, 0, cursor, rewrapped + more);
    }

    boolean isHeldByAll() {
        return holders.containsAll(servers);
    }
}
