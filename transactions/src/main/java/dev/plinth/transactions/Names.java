package dev.plinth.transactions;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lets a million transactions share the few names that they use: of applications, resources, clients, tables. */
final class Names {
    /*
     * Not state: who shares a string with whom cannot be seen. When the table is full it starts anew, so that names that are made
     * up for each transaction do not keep the common ones out for good.
     */
    private static final int NAMES_MAX = 16_384;

    private final Map<String, String> shared = new HashMap<>();

    Command.Begin shared(Command.Begin begin) {
        return new Command.Begin(
                shared(begin.name()),
                begin.timeout(),
                shared(begin.applicationId()),
                shared(begin.serviceGroup()),
                shared(begin.xidAddress()));
    }

    Command.RegisterBranch shared(Command.RegisterBranch asked) {
        List<LockKey> keys = asked.lockKeys().stream()
                .map(key -> new LockKey(shared(key.table()), key.primaryKey()))
                .toList();
        return new Command.RegisterBranch(
                asked.transaction(),
                asked.type(),
                shared(asked.resourceId()),
                shared(asked.clientId()),
                asked.applicationData(),
                keys,
                shared(asked.xidAddress()),
                asked.autoCommit());
    }

    private String shared(String name) {
        if (shared.size() >= NAMES_MAX) {
            shared.clear();
        }
        var before = shared.putIfAbsent(name, name);
        return before == null ? name : before;
    }
}
