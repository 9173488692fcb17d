package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;

/**
 * What this server appraised lately, the newest first.
 *
 * @param keptMax how many of those that were granted, and as many of those that were refused, each door keeps
 */
public record AppraisalPage(List<Summary> appraisals, int keptMax) {
    public AppraisalPage {
        appraisals = List.copyOf(appraisals);
    }

    /** Where it was handed in. */
    public enum Door {
        /** For an identity, or the enrolment of a TPM. */
        IDENTITY,
        /** For secrets, over the protocol of KBS. */
        SECRETS
    }

    /**
     * A row of the view of evidence.
     *
     * @param proofs kinds of what was handed in
     * @param evidence kinds of evidence among that: {@code tpm}, {@code tdx}, ...
     * @param simulated no hardware stands behind some of it
     * @param by what granted; empty if it was refused, or nothing had to
     * @param reason the first against it; empty if it was granted
     * @param failed how many checks failed; {@code excusable}: how many deny unless a policy excuses them
     */
    public record Summary(
            String id,
            Instant at,
            Door door,
            String asked,
            String who,
            List<String> proofs,
            List<String> evidence,
            boolean simulated,
            boolean granted,
            String by,
            String reason,
            int checks,
            int failed,
            int excusable) {
        public Summary {
            proofs = List.copyOf(proofs);
            evidence = List.copyOf(evidence);
        }
    }
}
