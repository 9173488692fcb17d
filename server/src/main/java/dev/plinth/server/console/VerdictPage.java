package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What came of artifacts that were examined, the newest first.
 *
 * @param next the number before which the next page begins; absent on the last one
 */
public record VerdictPage(List<Summary> verdicts, Optional<Long> next) {
    public VerdictPage {
        verdicts = List.copyOf(verdicts);
    }

    /**
     * A row of the view of artifacts.
     *
     * @param number counts verdicts from 1
     * @param artifact its name, for people
     * @param policy whose version {@code policyVersion} decided; 0: there was no such policy
     * @param reason the first against it; empty if it was admitted
     * @param checks how many findings there were, of which {@code failed} deny
     */
    public record Summary(
            long number,
            Instant at,
            String artifact,
            String sha256,
            String policy,
            int policyVersion,
            boolean admitted,
            String reason,
            List<String> signers,
            int checks,
            int failed) {
        public Summary {
            signers = List.copyOf(signers);
        }
    }

    /**
     * One verdict with every finding that is kept of it.
     *
     * @param left how many findings had no room
     * @param holds whether features that ask about this artifact under this policy are told now that it may run
     * @param answer what they are told, in words
     * @param others verdicts on the same artifact, the newest first, this one among them
     */
    public record Detail(
            Summary verdict,
            List<AppraisalDetail.Check> checks,
            int left,
            boolean holds,
            String answer,
            List<Summary> others) {
        public Detail {
            checks = List.copyOf(checks);
            others = List.copyOf(others);
        }
    }
}
