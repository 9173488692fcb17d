package dev.plinth.trust.supply;

import dev.plinth.trust.Where;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a certificate came from an authority of the trusted root at a given time. */
final class ChainCheck {
    /*
     * Beside trust's Chains, which pins roots of vendors by fingerprint and asks for revocation lists: here authorities come whole from the
     * operator, certificates live for minutes and are never revoked, and the time is that of the signature and not of now.
     */
    private static final int KEY_CERT_SIGN = 5;

    private ChainCheck() {}

    /** The authority whose key signed it: by its key, for two may have the same name. */
    static Optional<TrustedRoot.Authority> issuer(
            List<TrustedRoot.Authority> authorities, X509Certificate certificate, Instant at) {
        var issuers = authorities.stream()
                .filter(one -> issued(certificate, one.chain().getFirst()))
                .toList();
        return issuers.stream()
                .filter(one -> one.validity().covers(at))
                .findFirst()
                .or(() -> issuers.stream().findFirst());
    }

    private static boolean issued(X509Certificate certificate, X509Certificate issuer) {
        if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The authority that it came from; empty if it came from none. Whether all of that holds, the findings say. */
    static Optional<TrustedRoot.Authority> check(
            Findings findings,
            String check,
            X509Certificate leaf,
            List<TrustedRoot.Authority> authorities,
            Instant at,
            Where where) {
        var issuer = issuer(authorities, leaf, at);
        findings.that(
                issuer.isPresent(),
                check + ".issuer",
                "a certificate from an authority of the trusted root",
                issuer.isPresent()
                        ? "one from " + leaf.getIssuerX500Principal().getName()
                        : "one that none of them signed, from "
                                + leaf.getIssuerX500Principal().getName(),
                where);
        issuer.ifPresent(authority -> above(findings, check, leaf, authority, at, where));
        return issuer;
    }

    /** The certificate itself, which one of the authority's signed or which is one of them, and all above it. */
    static boolean above(
            Findings findings,
            String check,
            X509Certificate leaf,
            TrustedRoot.Authority authority,
            Instant at,
            Where where) {
        boolean holds = findings.that(
                authority.validity().covers(at),
                check + ".authority",
                "a time of the authority, " + authority.validity(),
                at.toString(),
                where);
        var chain = new ArrayList<X509Certificate>();
        // Then the authority was found by its signature over it.
        boolean found = !leaf.equals(authority.chain().getFirst());
        if (found) {
            chain.add(leaf);
        }
        chain.addAll(authority.chain());
        for (int i = 0; i < chain.size(); i++) {
            var certificate = chain.get(i);
            var from = certificate.getNotBefore().toInstant();
            var to = certificate.getNotAfter().toInstant();
            var name = i == 0
                    ? "the certificate"
                    : certificate.getSubjectX500Principal().getName();
            holds &= findings.that(
                    !at.isBefore(from) && !at.isAfter(to),
                    check + ".validity",
                    name + ": a time from " + from + " to " + to,
                    at.toString(),
                    where);
            if (i > 0) {
                var usage = certificate.getKeyUsage();
                holds &= findings.that(
                        certificate.getBasicConstraints() >= i - 1 && (usage == null || usage[KEY_CERT_SIGN]),
                        check + ".authority",
                        name + ": an authority over " + (i - 1) + " intermediates",
                        certificate.getBasicConstraints() < 0 ? "no authority" : "an authority",
                        where);
            }
            if (i + 1 < chain.size()) {
                holds &= findings.verified(
                        ((i == 0 && found) || issued(certificate, chain.get(i + 1)))
                                && !certificate.hasUnsupportedCriticalExtension(),
                        check + ".signature",
                        name + ": signed by "
                                + chain.get(i + 1).getSubjectX500Principal().getName()
                                + ", with no unknown critical extension",
                        where);
            }
        }
        return holds;
    }
}
