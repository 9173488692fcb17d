package dev.plinth.bench;

import java.util.Locale;

/**
 * One figure that is promised, and whether it was kept.
 *
 * @param target the least that is promised, in the same unit
 */
record Promise(String name, double value, String unit, double target) {

    boolean kept() {
        return value >= target;
    }

    /** The line that scripts read. */
    String line() {
        return String.format(
                Locale.ROOT, "PROMISE %s %.3f %s >=%.3f %s", name, value, unit, target, kept() ? "PASS" : "MISS");
    }
}
