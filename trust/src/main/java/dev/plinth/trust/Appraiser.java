package dev.plinth.trust;

import java.time.Instant;

/**
 * Appraises evidence: checks it against its vendor's roots and collateral, and says what it found. Safe for many threads.
 *
 * <p>It never throws for what came in: evidence that cannot be read gets a result with a failed check {@code <kind>.structure}.
 */
public final class Appraiser {
    private final IntelVerifier intel;
    private final AmdVerifier amd;
    private final NitroVerifier nitro;

    public Appraiser(TrustAnchors anchors, CollateralStore collateral) {
        var chains = new Chains(anchors, collateral);
        intel = new IntelVerifier(chains, collateral);
        amd = new AmdVerifier(chains, collateral);
        nitro = new NitroVerifier(chains);
    }

    /** What {@code evidence} is worth at the time {@code at}, which need not be now. */
    public AttestationResult appraise(Evidence evidence, Challenge challenge, Instant at) {
        var checks = new Checks(evidence.kind(), at);
        try {
            verify(checks, evidence, challenge);
        } catch (Malformed malformed) {
            checks.malformed(evidence.kind() + ".structure", malformed);
        }
        return checks.result();
    }

    private void verify(Checks checks, Evidence evidence, Challenge challenge) {
        switch (evidence) {
            case Evidence.SgxQuote sgx -> intel.verify(checks, sgx.quote(), false, challenge);
            case Evidence.TdxQuote tdx -> intel.verify(checks, tdx.quote(), true, challenge);
            case Evidence.SnpReport snp -> amd.verify(checks, snp, challenge);
            case Evidence.NitroDocument document -> nitro.verify(checks, document.document(), challenge);
        }
    }
}
