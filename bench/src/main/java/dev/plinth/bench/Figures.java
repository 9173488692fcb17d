package dev.plinth.bench;

import java.util.Arrays;
import java.util.Locale;

/** The same figure of several rounds. */
record Figures(double least, double median, double most) {

    static Figures of(double... rounds) {
        double[] sorted = rounds.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Figures(sorted[0], median, sorted[sorted.length - 1]);
    }

    /** Median and range, without decimals. */
    String whole() {
        return String.format(Locale.ROOT, "%,.0f (%,.0f to %,.0f)", median, least, most);
    }

    /** Median and range, with two decimals. */
    String precise() {
        return String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", median, least, most);
    }
}
