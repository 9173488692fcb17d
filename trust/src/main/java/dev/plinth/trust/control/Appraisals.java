package dev.plinth.trust.control;

import dev.plinth.trust.Appraiser;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.CollateralStore;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.TpmEnrolment;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** Appraises evidence by the roots and keys that are known now, and by vendors' collateral. Safe for many threads. */
public final class Appraisals {
    /*
     * Roots and enrolled keys are the owners' word, and stand in the journal. Collateral is the vendors', signed, and looked at with each
     * appraisal, so it may come from anywhere: here, from whoever puts the server together.
     */
    private final List<Endorsement> collateral;
    private final SecureRandom random;

    /** Of the newest attestors that were asked about: made by whichever thread needs it first, and read by all. */
    private volatile Optional<Known> known = Optional.empty();

    private record Known(
            SortedMap<Attestors.Root, String> roots,
            SortedMap<String, String> keys,
            Appraiser appraiser,
            TpmEnrolment enrolment) {
        boolean isOf(Attestors attestors) {
            return roots.equals(attestors.roots()) && keys.equals(attestors.keys());
        }
    }

    Appraisals(List<Endorsement> collateral, SecureRandom random) {
        this.collateral = List.copyOf(collateral);
        this.random = random;
    }

    /** What evidence is worth by what is known of attesters. */
    public AttestationResult appraise(Attestors attestors, Evidence evidence, Challenge challenge, Instant at) {
        return known(attestors).appraiser().appraise(evidence, challenge, at);
    }

    /** Enrols TPMs of makers whose roots are known. */
    public TpmEnrolment enrolment(Attestors attestors) {
        return known(attestors).enrolment();
    }

    private Known known(Attestors attestors) {
        var there = known;
        if (there.isPresent() && there.get().isOf(attestors)) {
            return there.get();
        }
        var anchors = TrustAnchors.ofVendors();
        for (var root : attestors.roots().keySet()) {
            anchors = anchors.with(root.vendor(), root.fingerprint());
        }
        var store = new CollateralStore().putAll(collateral);
        attestors
                .keys()
                .forEach((endorsement, attestation) ->
                        store.put(new Endorsement.VouchedKey(Vendor.TPM, attestation, "tpm:ek:" + endorsement)));
        var made = new Known(
                attestors.roots(),
                attestors.keys(),
                new Appraiser(anchors, store),
                new TpmEnrolment(anchors, store, random));
        known = Optional.of(made);
        return made;
    }
}
