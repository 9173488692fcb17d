package dev.plinth.bench.registry;

import java.util.Arrays;
import java.util.Locale;

/** What several rounds found: the median, and from where to where. */
record Spread(double median, double least, double most) {
    static Spread of(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        return new Spread(sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%,.2f (%,.2f to %,.2f)", median, least, most);
    }
}
