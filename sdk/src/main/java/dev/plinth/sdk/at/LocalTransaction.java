package dev.plinth.sdk.at;

import dev.plinth.sdk.at.GlobalLocks.LockKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What one local transaction of the database has done in a global one, until it commits. */
final class LocalTransaction {
    /*
     * Each statement that is about rows whose global locks are not held yet registers a branch for them, before it touches them.
     * A change is kept with the newest branch, wherever its rows' locks are: branches are rolled back in the reverse order, so
     * the newest change is undone first.
     */

    /** A branch, and what is to be undone with it. */
    record Part(long branchId, List<Change> changes) {}

    private final String xid;
    private final List<Part> parts = new ArrayList<>();
    private final Set<LockKey> held = new HashSet<>();
    private boolean broken;

    LocalTransaction(String xid) {
        this.xid = xid;
    }

    /** Empty if it belongs to no global transaction, and only looks whether rows are locked. */
    String xid() {
        return xid;
    }

    boolean looksOnly() {
        return xid.isEmpty();
    }

    Set<LockKey> missing(Set<LockKey> keys) {
        Set<LockKey> missing = new HashSet<>(keys);
        missing.removeAll(held);
        return missing;
    }

    void registered(long branchId, Set<LockKey> keys) {
        parts.add(new Part(branchId, new ArrayList<>()));
        held.addAll(keys);
    }

    void add(Change change) {
        if (!change.before().isEmpty() || !change.after().isEmpty()) {
            parts.getLast().changes().add(change);
        }
    }

    List<Part> parts() {
        return List.copyOf(parts);
    }

    /** How many changes there are, to come back to. */
    int mark() {
        return parts.stream().mapToInt(part -> part.changes().size()).sum();
    }

    /** The database has forgotten what came after the mark; the locks stay. */
    void backTo(int mark) {
        int before = 0;
        for (Part part : parts) {
            int keep = Math.clamp(mark - (long) before, 0, part.changes().size());
            before += part.changes().size();
            part.changes().subList(keep, part.changes().size()).clear();
        }
    }

    /** It changed something that no image shows: it must not commit. */
    void breakIt() {
        broken = true;
    }

    boolean broken() {
        return broken;
    }
}
