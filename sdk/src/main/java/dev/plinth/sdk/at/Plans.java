package dev.plinth.sdk.at;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Plans of the statements that were met before. */
final class Plans {
    /*
     * Reading a statement costs as much as running it, and most applications have a few hundred. Those that write values into
     * their statements have endlessly many: when it is full, it is emptied, which costs little beside a list in order of use.
     */
    static final int PLANS_MAX = 2_000;

    /** Longer ones are mostly written by a program, and seldom the same twice. */
    static final int SQL_CHARS_MAX = 10_000;

    private final Map<String, Plan> known = new ConcurrentHashMap<>();

    Plan of(String sql) {
        Plan plan = known.get(sql);
        if (plan == null) {
            plan = Planner.plan(sql);
            if (sql.length() <= SQL_CHARS_MAX) {
                if (known.size() >= PLANS_MAX) {
                    known.clear();
                }
                known.put(sql, plan);
            }
        }
        return plan;
    }
}
