package dev.plinth.bench.figures;

import java.util.Arrays;
import java.util.Locale;

/** The same figure of several rounds. */
public record Figures(double least, double median, double most) {

    public static Figures of(double... rounds) {
        double[] sorted = rounds.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Figures(sorted[0], median, sorted[sorted.length - 1]);
    }

    /** How often the figures of {@code below} go into those of {@code above}, round by round. */
    public static Figures ratio(double[] above, double[] below) {
        double[] ratios = new double[above.length];
        for (int i = 0; i < above.length; i++) {
            ratios[i] = above[i] / below[i];
        }
        return of(ratios);
    }

    /** Median and range, without decimals. */
    public String whole() {
        return as("%,.0f");
    }

    /** Median and range, with two decimals. */
    public String precise() {
        return as("%.2f");
    }

    /** Median and range, each as {@code format} says. */
    public String as(String format) {
        return String.format(Locale.ROOT, format + " (" + format + " to " + format + ")", median, least, most);
    }
}
