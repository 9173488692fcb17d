package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import dev.plinth.trust.SnpReport.Product;
import dev.plinth.trust.SnpReport.SigningKey;
import dev.plinth.trust.TrustVector.Aspect;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Verifies AMD SEV-SNP reports: signed by the chip's key (VCEK) or a loaded one (VLEK), which the chain of the processor's family certifies. */
final class AmdVerifier {
    /*
     * AMD publishes no TCB levels that are signed. What stands in their place: the certificate says at which TCB its key was derived,
     * and the report has to say the same; and whoever runs the platform may declare the lowest TCB he accepts of a family
     * (Endorsement.AmdMinimumTcb), below which a report is out of date.
     */
    private final Chains chains;
    private final CollateralStore collateral;

    AmdVerifier(Chains chains, CollateralStore collateral) {
        this.chains = chains;
        this.collateral = collateral;
    }

    void verify(Checks checks, Evidence.SnpReport evidence, Challenge challenge) {
        var report = SnpReport.parse(evidence.report());
        claims(checks, report);
        checks.challenge("amd.challenge", challenge, report.reportData());
        var key = signingKey(checks, report);
        if (key.isEmpty()) {
            return;
        }
        var chain = chain(evidence, report);
        if (chain.isEmpty()) {
            checks.fail(
                    "amd.certificate",
                    "the certificate of the " + key.get() + " of this chip",
                    "none in the evidence or the collateral",
                    report.chipId().where());
            return;
        }
        var leaf = chain.getFirst();
        chains.check(checks, "amd.chain", Vendor.AMD, "AMD chain", chain, Revocation.IF_KNOWN);
        checks.verified(
                report.signatureIsPadded()
                        && Signatures.isOn(Signatures.P384, leaf.getPublicKey())
                        && Signatures.verifies(
                                Signatures.ES384, leaf.getPublicKey(), report.signature(), report.signed()),
                "amd.report.signature",
                "a signature of the " + key.get() + " over the first " + SnpReport.SIGNED + " bytes",
                report.signed().where());
        certificate(checks, report, key.get(), leaf);
    }

    private static void claims(Checks checks, SnpReport report) {
        var bytes = report.report();
        checks.claim("snp.version", report.version());
        checks.claim("snp.guest-svn", bytes.u32(4));
        checks.claim("snp.policy", report.policy());
        checks.claim("snp.family-id", bytes.slice(0x10, 16));
        checks.claim("snp.image-id", bytes.slice(0x20, 16));
        checks.claim("snp.vmpl", report.vmpl());
        checks.claim("snp.platform-info", bytes.slice(0x40, 8));
        checks.claim("report-data", report.reportData());
        checks.claim("measurement", report.measurement());
        checks.claim("snp.measurement", report.measurement());
        checks.claim("snp.host-data", bytes.slice(0xc0, 32));
        checks.claim("snp.id-key-digest", bytes.slice(0xe0, 48));
        checks.claim("snp.author-key-digest", bytes.slice(0x110, 48));
        checks.claim("snp.report-id", bytes.slice(0x140, 32));
        checks.claim("snp.chip-id", report.chipId());
        checks.claim("snp.migratable", report.migratable());
        checks.claim("debug", report.debug());
        checks.unless(
                !report.debug(),
                "debug",
                "amd.debug",
                "a policy without debug",
                report.policy().hex(),
                report.policy().where());
        checks.that(
                report.policyReservedBit(),
                "amd.policy",
                "bit 17 of the policy, which is always set",
                report.policy().hex(),
                report.policy().where());
        checks.that(
                report.vmpl() <= 3,
                "amd.vmpl",
                "a privilege level from 0 to 3",
                Long.toString(report.vmpl()),
                bytes.where(0x30, 4));
        checks.rate(
                Aspect.CONFIGURATION,
                report.debug() ? TrustVector.CONTRAINDICATED : TrustVector.NO_KNOWN_VULNERABILITY);
        checks.rate(Aspect.RUNTIME_OPAQUE, report.debug() ? TrustVector.CONTRAINDICATED : TrustVector.AFFIRMED);
    }

    private static Optional<SigningKey> signingKey(Checks checks, SnpReport report) {
        var code = report.signingKeyCode();
        var key = code == 0
                ? Optional.of(SigningKey.VCEK)
                : code == 1 ? Optional.of(SigningKey.VLEK) : Optional.<SigningKey>empty();
        var signed = key.isPresent() && !report.chipKeyMasked();
        checks.that(
                signed,
                "amd.signing-key",
                "VCEK (0) or VLEK (1), not masked",
                report.chipKeyMasked() ? "a report that was not signed, for the key is masked" : Integer.toString(code),
                report.flags().where());
        return signed ? key : Optional.empty();
    }

    private List<X509Certificate> chain(Evidence.SnpReport evidence, SnpReport report) {
        if (!evidence.certificates().isEmpty()) {
            if (evidence.certificates().size() > Certificates.CERTIFICATES_MAX) {
                throw new Malformed(
                        evidence.certificates().getFirst().where(),
                        "at most " + Certificates.CERTIFICATES_MAX + " certificates",
                        Integer.toString(evidence.certificates().size()));
            }
            return chains.parseAll(evidence.certificates());
        }
        return collateral
                .amdChip(report.chipId().hex(), report.reportedTcb().hex())
                .map(List::of)
                .orElse(new ArrayList<>());
    }

    private void certificate(Checks checks, SnpReport report, SigningKey key, X509Certificate leaf) {
        var extensions = new AmdExtensions(leaf);
        var name = extensions.productName();
        var where = Where.field("AMD certificate", "productName");
        var product = Optional.<Product>empty();
        for (var each : Product.values()) {
            if (name.startsWith(each.label())) {
                product = Optional.of(each);
            }
        }
        if (!checks.that(product.isPresent(), "amd.product", "Milan, Genoa or Turin", Bytes.shorten(name), where)) {
            return;
        }
        var family = product.get();
        checks.claim("snp.product", family.label());
        checks.claim("snp.signing-key", key.name().toLowerCase(Locale.ROOT));
        product(checks, report, family);
        // The intermediate is named after the family, with VLEK before it for loaded keys: SEV-Milan, SEV-VLEK-Milan.
        var issuer = "CN=SEV-" + (key == SigningKey.VLEK ? "VLEK-" : "") + family.label();
        checks.that(
                contains(leaf.getIssuerX500Principal().getName(), issuer),
                "amd.chain.family",
                issuer,
                leaf.getIssuerX500Principal().getName(),
                Where.field("AMD certificate", "issuer"));
        checks.that(
                contains(Chains.name(leaf), "CN=SEV-" + key.name()),
                "amd.certificate.kind",
                "CN=SEV-" + key.name(),
                Chains.name(leaf),
                Where.field("AMD certificate", "subject"));
        tcb(checks, report, family, extensions);
        if (key == SigningKey.VCEK) {
            chip(checks, report, extensions);
        } else {
            checks.claim("snp.provider", extensions.provider().orElse(""));
        }
    }

    private static boolean contains(String name, String part) {
        return List.of(name.split(",")).contains(part);
    }

    private static void product(Checks checks, SnpReport report, Product product) {
        if (report.version() < 3) {
            return;
        }
        var family = report.family();
        var model = report.model();
        var holds = switch (product) {
            case MILAN -> family == 0x19 && model <= 0x0f;
            case GENOA -> family == 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf));
            case TURIN -> family == 0x1a && model <= 0x1f;
        };
        checks.that(
                holds,
                "amd.product.cpuid",
                "a processor of " + product.label(),
                "family 0x%x, model 0x%x".formatted(family, model),
                report.report().where(0x188, 3));
    }

    private void tcb(Checks checks, SnpReport report, Product product, AmdExtensions extensions) {
        var reported = report.tcb(product, 0x180);
        var certified = new SnpReport.Tcb(product, extensions.tcb(product));
        checks.that(
                reported.bytes().same(certified.bytes()),
                "amd.tcb.certified",
                certified.toString(),
                reported.toString(),
                reported.bytes().where());
        checks.claim("snp.tcb", reported.bytes());
        checks.claim("snp.tcb.boot-loader", (long) reported.bootLoader());
        checks.claim("snp.tcb.tee", (long) reported.tee());
        checks.claim("snp.tcb.snp", (long) reported.snp());
        checks.claim("snp.tcb.microcode", (long) reported.microcode());
        var current = report.tcb(product, 0x38);
        checks.that(
                current.reaches(reported),
                "amd.tcb.current",
                "a running TCB of at least " + reported,
                current.toString(),
                current.bytes().where());
        var minimum = collateral.amdMinimum(product.label());
        if (minimum.isEmpty()) {
            checks.rate(Aspect.HARDWARE, TrustVector.NO_KNOWN_VULNERABILITY);
            return;
        }
        var lowest = new SnpReport.Tcb(product, minimum.get().tcb());
        var holds = reported.reaches(lowest);
        checks.unless(
                holds,
                "tcb:OutOfDate",
                "amd.tcb.status",
                "at least " + lowest + ", says " + minimum.get().owner(),
                reported.toString(),
                reported.bytes().where());
        checks.claim("tcb.status", holds ? "UpToDate" : "OutOfDate");
        checks.rate(Aspect.HARDWARE, holds ? TrustVector.AFFIRMED : TrustVector.CONTRAINDICATED);
    }

    private static void chip(Checks checks, SnpReport report, AmdExtensions extensions) {
        var chip = report.chipId();
        if (chip.isZero()) {
            checks.warn("amd.chip-id", "the chip's id", "the host masks it", chip.where());
            return;
        }
        var certified = extensions.hardwareId();
        // Turin's are 8 bytes long, all others 64.
        var holds = certified.isPresent()
                && (certified.get().length() == 8 || certified.get().length() == 64)
                && chip.slice(0, certified.get().length()).same(certified.get())
                && chip.from(certified.get().length()).isZero();
        checks.that(
                holds,
                "amd.chip-id",
                certified.map(Bytes::shown).orElse("a certificate with a chip's id"),
                chip.shown(),
                chip.where());
    }
}
