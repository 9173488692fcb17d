package dev.plinth.bench.figures;

import java.util.Locale;

/**
 * One figure that is promised, and whether it was kept.
 *
 * @param target the bound that is promised, in the same unit
 * @param least whether the target is the least that is promised; otherwise it is the most
 */
public record Promise(String name, double value, String unit, double target, boolean least) {

    /** A promise of at least so much. */
    public Promise(String name, double value, String unit, double target) {
        this(name, value, unit, target, true);
    }

    /** A promise of no more than so much. */
    public static Promise atMost(String name, double value, String unit, double target) {
        return new Promise(name, value, unit, target, false);
    }

    public boolean kept() {
        return least ? value >= target : value <= target;
    }

    /** The line that scripts read. */
    public String line() {
        return String.format(
                Locale.ROOT,
                "PROMISE %s %.3f %s %s%.3f %s",
                name,
                value,
                unit,
                least ? ">=" : "<=",
                target,
                kept() ? "PASS" : "MISS");
    }
}
