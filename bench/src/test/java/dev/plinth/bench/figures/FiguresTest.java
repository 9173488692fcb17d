package dev.plinth.bench.figures;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What benchmarks found, as people and scripts read it. */
class FiguresTest {
    @Test
    void a_promise_says_its_figure_its_target_and_whether_it_was_kept() {
        assertThat(new Promise("journal.rate", 0.5, "of-the-possible", 0.5).line())
                .isEqualTo("PROMISE journal.rate 0.500 of-the-possible >=0.500 PASS");
        assertThat(new Promise("journal.rate", 0.4999, "of-the-possible", 0.5).line())
                .endsWith("MISS");
        assertThat(Promise.atMost("trust.issue-p99", 5.1, "ms", 5).line())
                .isEqualTo("PROMISE trust.issue-p99 5.100 ms <=5.000 MISS");
    }

    @Test
    void figures_are_told_by_their_median_and_range() {
        assertThat(Figures.of(3, 1, 2)).isEqualTo(new Figures(1, 2, 3));
        assertThat(Figures.of(4, 1, 2, 3)).isEqualTo(new Figures(1, 2.5, 4));
        assertThat(Figures.ratio(new double[] {2, 9, 4}, new double[] {1, 3, 4}).precise())
                .isEqualTo("2.00 (1.00 to 3.00)");
    }
}
