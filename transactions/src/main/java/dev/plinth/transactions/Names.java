package dev.plinth.transactions;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lets a million transactions share what is the same in them: names of applications, resources, clients, tables, and how they begin. */
final class Names {
    /*
     * Not state: who shares an object with whom cannot be seen. When a pool is full it starts anew, so that names that are made up
     * for each transaction do not keep the common ones out for good. What branches say about themselves has a pool of its own: AT
     * always says the same, TCC never, and that would empty the pool of names again and again.
     */
    private static final int POOL_MAX = 16_384;

    /** Longer application data is hardly ever said twice. */
    private static final int DATA_CHARS_MAX = 64;

    private static final class Pool<T> {
        private final Map<T, T> shared = new HashMap<>();

        T shared(T one) {
            if (shared.size() >= POOL_MAX) {
                shared.clear();
            }
            var before = shared.putIfAbsent(one, one);
            return before == null ? one : before;
        }
    }

    private final Pool<String> names = new Pool<>();
    private final Pool<String> data = new Pool<>();
    private final Pool<Command.Begin> begins = new Pool<>();

    Command.Begin shared(Command.Begin begin) {
        return begins.shared(new Command.Begin(
                names.shared(begin.name()),
                begin.timeout(),
                names.shared(begin.applicationId()),
                names.shared(begin.serviceGroup()),
                names.shared(begin.xidAddress())));
    }

    /** @param transaction in place of the equal one that is named in what was asked */
    Command.RegisterBranch shared(Command.RegisterBranch asked, TransactionId transaction) {
        List<LockKey> keys = asked.lockKeys().stream()
                .map(key -> key.inTable(names.shared(key.table())))
                .toList();
        return new Command.RegisterBranch(
                transaction,
                asked.type(),
                names.shared(asked.resourceId()),
                names.shared(asked.clientId()),
                sharedData(asked.applicationData()),
                keys,
                names.shared(asked.xidAddress()),
                asked.autoCommit());
    }

    Effect.TakeLocks shared(Effect.TakeLocks wanted) {
        return new Effect.TakeLocks(
                wanted.transaction(),
                wanted.branchId(),
                wanted.home(),
                names.shared(wanted.resourceId()),
                wanted.lockKeys().stream()
                        .map(key -> key.inTable(names.shared(key.table())))
                        .toList(),
                wanted.autoCommit());
    }

    /** One that a snapshot held, where nothing is shared. */
    Transaction shared(Transaction restored) {
        var branches = restored.branches().stream()
                .map(branch -> new Branch(
                        branch.id(),
                        shared(branch.asked(), restored.id()),
                        branch.status(),
                        sharedData(branch.applicationData()),
                        branch.locked(),
                        branch.attempts(),
                        branch.effect(),
                        branch.rows(),
                        branch.away()))
                .toList();
        return new Transaction(
                restored.id(),
                shared(restored.asked()),
                restored.begun(),
                restored.status(),
                restored.ended(),
                branches,
                restored.sagaEffect(),
                restored.timeline());
    }

    /** Bytes of application data that is not shared. */
    static long unsharedBytes(String said) {
        return said.length() > DATA_CHARS_MAX ? 2L * said.length() : 0;
    }

    private String sharedData(String said) {
        return said.length() > DATA_CHARS_MAX ? said : data.shared(said);
    }
}
