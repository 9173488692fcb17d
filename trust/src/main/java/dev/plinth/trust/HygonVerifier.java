package dev.plinth.trust;

import dev.plinth.trust.TrustVector.Aspect;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Verifies attestation reports of Hygon CSV: SM2 by the platform's PEK, which the chip's CEK, Hygon's HSK and its root certify. */
final class HygonVerifier {
    /*
     * The report brings the PEK. HSK and CEK come from Hygon, by the chip's number, and have to be in the collateral; Hygon's root is an
     * anchor by the SM3 digest of its key's coordinates. Where that chain is missing, an owner may vouch for the PEK itself;
     * then the chip's number, which nothing signs, is no claim. The report's MAC is not checked: its key stands in the report, so it
     * proves nothing about who wrote it.
     */
    private static final int DEBUG_FORBIDDEN = 1;

    private final TrustAnchors anchors;
    private final CollateralStore collateral;

    HygonVerifier(TrustAnchors anchors, CollateralStore collateral) {
        this.anchors = anchors;
        this.collateral = collateral;
    }

    void verify(Checks checks, Evidence.CsvReport evidence, Challenge challenge) {
        var report = CsvReport.parse(evidence.report());
        var pek = report.pek();
        checks.that(
                pek.usage() == CsvCertificate.PEK,
                "hygon.pek.usage",
                "a PEK (1002)",
                Long.toHexString(pek.usage()),
                pek.certificate().where());
        checks.that(
                report.signatureUsage() == CsvCertificate.PEK && report.signatureAlgorithm() == 4,
                "hygon.report.algorithm",
                "a signature of the PEK with SM2 (1002, 4)",
                Long.toHexString(report.signatureUsage()) + ", " + report.signatureAlgorithm(),
                report.report().where(180, 8));
        checks.verified(
                pek.signed(report.signed(), report.signature()),
                "hygon.report.signature",
                "a signature of the PEK over the first " + CsvReport.SIGNED + " bytes",
                report.signed().where());
        chain(checks, pek, chipNumber(report.chip()));
        checks.challenge("hygon.challenge", challenge, report.userData());
        claims(checks, report);
    }

    private static void claims(Checks checks, CsvReport report) {
        checks.claim("measurement", report.measurement());
        checks.claim("csv.measurement", report.measurement());
        checks.claim("csv.vm-id", report.vmId());
        checks.claim("csv.vm-version", report.vmVersion());
        checks.claim("csv.public-key-digest", report.publicKeyDigest());
        checks.claim("csv.policy", report.policy());
        checks.claim("report-data", report.userData());
        // As in SEV's policy, bit 0: debugging of the guest is disallowed when set.
        var debug = (report.policy().u8(0) & DEBUG_FORBIDDEN) == 0;
        checks.claim("debug", debug);
        checks.unless(
                !debug,
                "debug",
                "hygon.debug",
                "a policy that forbids debug (bit 0)",
                report.policy().hex(),
                report.report().where(176, 4));
        checks.rate(Aspect.CONFIGURATION, debug ? TrustVector.CONTRAINDICATED : TrustVector.NO_KNOWN_VULNERABILITY);
        checks.rate(Aspect.RUNTIME_OPAQUE, debug ? TrustVector.CONTRAINDICATED : TrustVector.AFFIRMED);
        checks.rate(Aspect.HARDWARE, TrustVector.AFFIRMED);
    }

    private static String chipNumber(Bytes chip) {
        var length = 0;
        while (length < chip.length() && chip.u8(length) != 0) {
            length++;
        }
        return chip.slice(0, length).text(StandardCharsets.US_ASCII);
    }

    /** How a key is named among anchors and vouched keys: the digest of x and y. */
    static String fingerprint(CsvCertificate certificate) {
        var point = certificate.key().getQ().getEncoded(false);
        return HexFormat.of().formatHex(Sm2.digest(Bytes.of("", point).from(1)));
    }

    private void chain(Checks checks, CsvCertificate pek, String chip) {
        var print = fingerprint(pek);
        var vouched = collateral.vouched(Vendor.HYGON, print);
        if (vouched.isPresent()) {
            checks.that(
                    true,
                    "hygon.pek.vouched",
                    "a chain, or an owner who vouches for the PEK",
                    "vouched for by " + vouched.get().owner(),
                    pek.certificate().where());
            return;
        }
        var known = collateral.hygonAuthorities(chip);
        if (known.isEmpty()) {
            checks.fail(
                    "hygon.chain",
                    "HSK and CEK of chip " + Bytes.shorten(chip) + ", or an owner who vouches for the PEK " + print,
                    "neither in the collateral",
                    pek.certificate().where());
            return;
        }
        authorities(checks, pek, known.get().rootHskAndCek());
        checks.claim("csv.chip", chip);
    }

    private void authorities(Checks checks, CsvCertificate pek, Bytes hrkHskCek) {
        var root = CsvCertificate.parseRoot(hrkHskCek.slice(0, CsvCertificate.ROOT_LENGTH));
        var hsk = CsvCertificate.parseRoot(hrkHskCek.slice(CsvCertificate.ROOT_LENGTH, CsvCertificate.ROOT_LENGTH));
        var cek = CsvCertificate.parse(hrkHskCek.slice(2 * CsvCertificate.ROOT_LENGTH, CsvCertificate.LENGTH));
        var print = fingerprint(root);
        checks.that(
                anchors.trusts(Vendor.HYGON, print),
                "hygon.chain.root",
                "a root pinned for HYGON " + anchors.fingerprints(Vendor.HYGON),
                print,
                root.certificate().where());
        checks.verified(
                hsk.usage() == CsvCertificate.HSK && root.issued(hsk, CsvCertificate.HRK),
                "hygon.chain.hsk",
                "an HSK signed by the root",
                hsk.certificate().where());
        checks.verified(
                cek.usage() == CsvCertificate.CEK && hsk.issued(cek, CsvCertificate.HSK),
                "hygon.chain.cek",
                "a CEK signed by the HSK",
                cek.certificate().where());
        checks.verified(
                cek.issued(pek, CsvCertificate.CEK),
                "hygon.chain.pek",
                "a PEK signed by the CEK",
                pek.certificate().where());
    }
}
