package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;

/** What a proposed policy would decide of evidence that was appraised lately. */
public final class DryRun {
    public static final int CONDITION_CHARS_MAX = 16 * 1_024;
    public static final int WAIVERS_MAX = 32;

    private DryRun() {}

    /**
     * The policy as it would be.
     *
     * @param condition in CEL
     */
    public record Question(PolicyPage.Name policy, String condition, List<String> waivers) {
        public Question {
            waivers = List.copyOf(waivers);
        }
    }

    /** What came of it. */
    public sealed interface Outcome {}

    /**
     * It was tried.
     *
     * @param cases one for each piece of evidence, the newest first
     * @param leftOut pieces that were too large to be kept whole
     */
    public record Answer(List<Case> cases, int leftOut) implements Outcome {
        public Answer {
            cases = List.copyOf(cases);
        }
    }

    /** It cannot be: nothing was tried. */
    public record Wrong(String field, String expected, String detail) implements Outcome {}

    /**
     * One piece of evidence, today and as it is proposed.
     *
     * @param appraisal the id of the appraisal in which it was handed in
     * @param evidence its kind
     */
    public record Case(
            String appraisal,
            Instant at,
            String asked,
            String who,
            String evidence,
            boolean simulated,
            Verdict today,
            Verdict proposed) {}

    /**
     * What a policy decides.
     *
     * @param reasons against it; empty if it grants
     */
    public record Verdict(boolean granted, List<String> reasons) {
        public Verdict {
            reasons = List.copyOf(reasons);
        }
    }
}
