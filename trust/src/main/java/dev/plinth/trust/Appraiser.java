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
    private final TpmVerifier tpm;
    private final AzureVerifier azure;
    private final NvidiaVerifier nvidia;
    private final CcaVerifier cca;
    private final HygonVerifier hygon;
    private final SimulatedVerifier simulated;

    public Appraiser(TrustAnchors anchors, CollateralStore collateral) {
        var chains = new Chains(anchors, collateral);
        intel = new IntelVerifier(chains, collateral);
        amd = new AmdVerifier(chains, collateral);
        nitro = new NitroVerifier(chains);
        tpm = new TpmVerifier(chains, collateral);
        azure = new AzureVerifier(amd, intel);
        nvidia = new NvidiaVerifier(chains);
        cca = new CcaVerifier(collateral);
        hygon = new HygonVerifier(anchors, collateral);
        simulated = new SimulatedVerifier(chains);
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
            case Evidence.TdxQuote tdx -> {
                intel.verify(checks, tdx.quote(), true, challenge);
                tdx.eventLog().ifPresent(log -> IntelVerifier.eventLog(checks, tdx.quote(), log));
            }
            case Evidence.SnpReport snp -> amd.verify(checks, snp, challenge);
            case Evidence.NitroDocument document -> nitro.verify(checks, document.document(), challenge);
            case Evidence.TpmQuote quote -> tpm.verify(checks, quote, challenge);
            case Evidence.AzureVtpm vtpm -> azure.verify(checks, vtpm, challenge);
            case Evidence.GpuReport gpu -> nvidia.verify(checks, gpu, challenge);
            case Evidence.CcaToken token -> cca.verify(checks, token.token(), challenge);
            case Evidence.CsvReport csv -> hygon.verify(checks, csv, challenge);
            case Evidence.Simulated statement -> simulated.verify(checks, statement.statement(), challenge);
            case Evidence.Sample sample -> SimulatedVerifier.verify(checks, sample, challenge);
            case Evidence.Composite composite ->
                composite.parts().forEach((name, part) -> checks.part(name, appraise(part, challenge, checks.at())));
        }
    }
}
