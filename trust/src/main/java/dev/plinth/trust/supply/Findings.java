package dev.plinth.trust.supply;

import dev.plinth.trust.Finding;
import dev.plinth.trust.Finding.Outcome;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import java.util.ArrayList;
import java.util.List;

/** What one examination finds, as it comes up. */
final class Findings {
    // Of a list of components each may be wrong in several ways, and nobody reads thousands.
    static final int MAX = 1_000;

    private final List<Finding> found = new ArrayList<>();
    private boolean failed;

    boolean failed() {
        return failed;
    }

    List<Finding> all() {
        return List.copyOf(found);
    }

    boolean that(boolean holds, String check, String expected, String found, Where where) {
        add(holds ? Outcome.PASSED : Outcome.FAILED, check, expected, found, where);
        return holds;
    }

    /** A signature or a digest: what was computed is of no use to a reader, whether it fits is. */
    boolean verified(boolean holds, String check, String what, Where where) {
        return that(holds, check, what, holds ? "it verifies" : "it does not verify", where);
    }

    void fail(String check, String expected, String found, Where where) {
        add(Outcome.FAILED, check, expected, found, where);
    }

    void warn(String check, String expected, String found, Where where) {
        add(Outcome.WARNED, check, expected, found, where);
    }

    void malformed(String check, Malformed malformed) {
        fail(check, malformed.expected(), malformed.found(), malformed.where());
    }

    private void add(Outcome outcome, String check, String expected, String what, Where where) {
        failed |= outcome == Outcome.FAILED;
        if (found.size() < MAX) {
            found.add(new Finding(check, outcome, expected, what, where, ""));
        }
    }
}
