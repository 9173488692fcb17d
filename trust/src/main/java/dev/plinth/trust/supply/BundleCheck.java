package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Whether a bundle's signature is one of somebody who may sign. */
final class BundleCheck {
    /*
     * A certificate lives for minutes, so the signature has to be from then. That it was, a log's promise says or a time-stamping authority,
     * and nobody else: the bundle's own word counts for nothing. Every time that is given has to fit, not one of them.
     */
    private final Findings findings;
    private final AdmissionRules rules;
    private final Instant at;

    BundleCheck(Findings findings, AdmissionRules rules, Instant at) {
        this.findings = findings;
        this.rules = rules;
        this.at = at;
    }

    /** Who signed; empty if that does not hold. */
    Optional<String> check(SigstoreBundle bundle, Signed signed, Where where) {
        var before = findings.all().size();
        if (bundle.content() instanceof SigstoreBundle.Content.Message message) {
            findings.that(
                    message.digest().same(signed.digest()),
                    "signature.digest",
                    "sha256 " + HexFormat.of().formatHex(signed.digest()),
                    "sha256 " + message.digest().shown(),
                    message.digest().where());
        }
        if (rules.log()) {
            findings.that(
                    !bundle.entries().isEmpty(),
                    "log.required",
                    "an entry of a transparency log",
                    bundle.entries().size() + " entries",
                    where);
        }
        var signer = switch (bundle.material()) {
            case SigstoreBundle.Material.Certificate(Bytes der) -> certified(bundle, signed, der, where);
            case SigstoreBundle.Material.Key _ -> keyed(bundle, signed, where);
        };
        boolean failed = findings.all().stream()
                .skip(before)
                .anyMatch(one -> one.outcome() == dev.plinth.trust.Finding.Outcome.FAILED);
        return failed ? Optional.empty() : signer;
    }

    private Optional<String> keyed(SigstoreBundle bundle, Signed signed, Where where) {
        var signature = bundle.content().signature();
        var key = rules.publicKeys().stream()
                .filter(one -> PublicKeys.verifies(one, signature.copy(), signed))
                .findFirst();
        findings.verified(
                key.isPresent(),
                "signature",
                "a signature of one of " + rules.keys().size() + " keys",
                signature.where());
        if (key.isPresent()
                && (!bundle.entries().isEmpty() || !bundle.timestamps().isEmpty())) {
            var root = rules.root();
            if (root.isPresent()) {
                times(bundle, signed, root.get(), Bytes.of("key", key.get().getEncoded()));
            } else {
                findings.warn("log", "a trusted root to look at the log with", "none in the policy", where);
            }
        }
        return key.map(PublicKeys::name);
    }

    private Optional<String> certified(SigstoreBundle bundle, Signed signed, Bytes der, Where where) {
        var root = rules.root();
        if (root.isEmpty()) {
            findings.fail("certificate", "a policy with a trusted root", "a policy for keys alone", where);
            return Optional.empty();
        }
        SignerCertificate signer;
        try {
            signer = SignerCertificate.read(der);
        } catch (Malformed e) {
            findings.malformed("certificate.form", e);
            return Optional.empty();
        }
        var signature = bundle.content().signature();
        findings.verified(
                PublicKeys.verifies(signer.certificate().getPublicKey(), signature.copy(), signed),
                "signature",
                "a signature of the certificate's key",
                signature.where());
        signer.maySign(findings);
        var times = times(bundle, signed, root.get(), der);
        if (times.isEmpty()) {
            findings.fail(
                    "certificate.time",
                    "a time of signing that a log or a time-stamping authority vouches for",
                    "none",
                    where);
        }
        var issuer = times.isEmpty()
                ? ChainCheck.issuer(root.get().authorities(), signer.certificate(), at)
                : Optional.<TrustedRoot.Authority>empty();
        for (var time : times) {
            issuer = ChainCheck.check(
                    findings, "certificate", signer.certificate(), root.get().authorities(), time, der.where());
        }
        issuer.ifPresent(authority ->
                SctCheck.check(findings, root.get(), signer, authority.chain().getFirst()));
        findings.that(
                rules.signers().stream()
                        .anyMatch(one -> one.issuer().equals(signer.issuer())
                                && Wildcard.matches(one.identity(), signer.identity())),
                "certificate.identity",
                rules.signers().isEmpty() ? "nobody: the policy names keys alone" : "one of " + rules.signers(),
                signer.identity() + " by " + signer.issuer(),
                der.where());
        return Optional.of(signer.identity() + " by " + signer.issuer());
    }

    /** When it was signed, by everybody who says so and is believed. */
    private List<Instant> times(SigstoreBundle bundle, Signed signed, TrustedRoot root, Bytes verifier) {
        var times = new ArrayList<Instant>();
        var signature = bundle.content().signature();
        for (var timestamp : bundle.timestamps()) {
            Timestamp.check(findings, root, timestamp, signature, at).ifPresent(times::add);
        }
        var stamped = List.copyOf(times);
        for (var entry : bundle.entries()) {
            LogCheck.check(findings, root, bundle.version(), entry, stamped, at).ifPresent(times::add);
            try {
                EntryBody.read(entry)
                        .agrees(
                                findings,
                                entry,
                                signed,
                                bundle.content() instanceof SigstoreBundle.Content.Envelope(DsseEnvelope envelope)
                                        ? Optional.of(envelope)
                                        : Optional.empty(),
                                signature,
                                verifier);
            } catch (Malformed e) {
                findings.malformed("log.entry", e);
            }
        }
        return times;
    }
}
