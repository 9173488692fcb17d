package dev.plinth.trust;

import java.time.Instant;
import java.util.List;

/**
 * A request of somebody who proved what it is, and what came of it.
 *
 * @param number counts from 1 at each place that records
 * @param asked what it asked for: an identity, a secret, to be let in
 * @param who as far as that is known: the key that it showed
 * @param proofs the kinds of what it handed in
 * @param results of the evidence among that; {@link AttestationResult#claims} are left out where it is not {@code whole}
 * @param by what granted: an entry or a policy, with its version; empty if nothing had to, or it was refused
 * @param reasons why it was refused; empty if it was not
 * @param whole whether the results are kept as they were; what was too large is kept in part, with its objections
 */
public record RecordedAppraisal(
        long number,
        Instant at,
        String asked,
        String who,
        List<String> proofs,
        List<AttestationResult> results,
        boolean granted,
        String by,
        List<String> reasons,
        boolean whole) {
    public RecordedAppraisal {
        proofs = List.copyOf(proofs);
        results = List.copyOf(results);
        reasons = List.copyOf(reasons);
    }

    public static RecordedAppraisal granted(
            Instant at, String asked, String who, List<String> proofs, List<AttestationResult> results, String by) {
        return new RecordedAppraisal(0, at, asked, who, proofs, results, true, by, List.of(), true);
    }

    public static RecordedAppraisal refused(
            Instant at,
            String asked,
            String who,
            List<String> proofs,
            List<AttestationResult> results,
            List<String> reasons) {
        return new RecordedAppraisal(0, at, asked, who, proofs, results, false, "", reasons, true);
    }

    RecordedAppraisal numbered(long other) {
        return new RecordedAppraisal(other, at, asked, who, proofs, results, granted, by, reasons, whole);
    }
}
