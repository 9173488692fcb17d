package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is remembered of appraisals, and what is forgotten first. */
class RecordedAppraisalsTest {
    private static final Instant AT = Instant.parse("2026-06-01T00:00:00Z");

    private final RecordedAppraisals recorded = new RecordedAppraisals();

    private static RecordedAppraisal granted(String who) {
        return RecordedAppraisal.granted(AT, "spiffe://example.org/a", who, List.of("join token"), List.of(), "a@1");
    }

    private static RecordedAppraisal refused(String who, AttestationResult... results) {
        return RecordedAppraisal.refused(
                AT, "spiffe://example.org/a", who, List.of("evidence"), List.of(results), List.of("no"));
    }

    private static AttestationResult result(List<Finding> findings, Map<String, Object> claims) {
        return new AttestationResult("simulated", findings, claims, new TrustVector(Map.of()), AT, AT, Map.of());
    }

    private static Finding finding(int number, Finding.Outcome outcome) {
        return new Finding(
                "check." + number,
                outcome,
                "e".repeat(600),
                "f".repeat(600),
                Where.field("quote", "f"),
                outcome == Finding.Outcome.EXCUSABLE ? "debug" : "");
    }

    @Test
    void the_newest_come_first_and_are_found_by_their_number() {
        recorded.add(granted("one"));
        recorded.add(refused("two"));

        assertThat(recorded.newest()).extracting(RecordedAppraisal::who).containsExactly("two", "one");
        assertThat(recorded.find(1)).map(RecordedAppraisal::who).contains("one");
        assertThat(recorded.find(3)).isEmpty();
    }

    @Test
    void no_number_of_grants_pushes_out_a_refusal_and_the_oldest_of_each_kind_are_forgotten() {
        recorded.add(refused("intruder"));
        IntStream.rangeClosed(1, 1_000).forEach(i -> recorded.add(granted("workload " + i)));

        assertThat(recorded.newest()).hasSize(RecordedAppraisals.KEPT_MAX + 1);
        assertThat(recorded.newest().getLast().who()).isEqualTo("intruder");
        assertThat(recorded.newest().getFirst().who()).isEqualTo("workload 1000");
    }

    @Test
    void what_is_too_large_is_kept_in_part_with_its_objections_first_and_still_says_that_it_is_a_simulation() {
        var findings = IntStream.range(0, 1_000)
                .mapToObj(i -> finding(i, i == 900 ? Finding.Outcome.FAILED : Finding.Outcome.PASSED))
                .toList();
        recorded.add(refused("big", result(findings, Map.of("simulated", true, "x", "y".repeat(1_000_000)))));

        var kept = recorded.newest().getFirst();
        assertThat(kept.whole()).isFalse();
        var result = kept.results().getFirst();
        assertThat(result.findings()).hasSizeLessThan(300);
        assertThat(result.findings().getFirst().check()).isEqualTo("check.900");
        assertThat(result.findings().getFirst().found()).hasSizeLessThan(510);
        assertThat(result.claims()).isEqualTo(Map.of("simulated", true));
        assertThat(result.simulated()).isTrue();
    }

    @Test
    void many_large_ones_together_are_bounded_too() {
        var large = result(List.of(), Map.of("x", List.of(Map.of("y", "z".repeat(400_000)))));
        IntStream.range(0, 50).forEach(i -> recorded.add(refused("number " + i, large)));

        assertThat(recorded.newest()).hasSizeBetween(5, 12);
        assertThat(recorded.newest()).allMatch(RecordedAppraisal::whole);
        assertThat(recorded.newest().getFirst().who()).isEqualTo("number 49");
    }

    @Test
    void reasons_without_end_are_cut() {
        recorded.add(RecordedAppraisal.refused(
                AT,
                "a",
                "b",
                List.of(),
                List.of(),
                IntStream.range(0, 5_000).mapToObj(i -> "r".repeat(2_000)).toList()));

        assertThat(recorded.newest().getFirst().reasons())
                .hasSize(RecordedAppraisals.REASONS_MAX)
                .allSatisfy(reason -> assertThat(reason).hasSizeLessThan(510));
    }
}
