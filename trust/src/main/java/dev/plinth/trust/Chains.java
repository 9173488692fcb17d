package dev.plinth.trust;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks certificate chains from a leaf to a pinned root, and remembers which authorities' signatures it has already verified. */
final class Chains {
    /*
     * Not the JDK's CertPathValidator: it stops at the first fault and cannot say where it stood, it insists on a certificate as
     * anchor, and it would check a platform's authorities again with each quote. What is remembered is only that a signature
     * verifies, a fact that no later time changes; validity and revocation are asked anew each time. Leaves are not remembered:
     * there is one for each chip.
     */
    private static final int REMEMBERED_MAX = 4_096;
    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;

    enum Revocation {
        /** Without a revocation list of each issuer the chain fails. */
        REQUIRED,
        /** A list is used if there is one; that there is none for an authority is a warning. */
        IF_KNOWN,
        /** The vendor publishes none for these certificates. */
        NONE
    }

    private final TrustAnchors anchors;
    private final CollateralStore collateral;
    private final Remembered<Bytes, X509Certificate> authorities = new Remembered<>(REMEMBERED_MAX);
    private final Remembered<Bytes, Boolean> verified = new Remembered<>(REMEMBERED_MAX);

    Chains(TrustAnchors anchors, CollateralStore collateral) {
        this.anchors = anchors;
        this.collateral = collateral;
    }

    TrustAnchors anchors() {
        return anchors;
    }

    X509Certificate parse(Bytes der) {
        var known = authorities.get(der);
        return known != null ? known : Certificates.parse(der);
    }

    List<X509Certificate> parseAll(List<Bytes> ders) {
        var certificates = new ArrayList<X509Certificate>(ders.size());
        for (var der : ders) {
            certificates.add(parse(der));
        }
        return certificates;
    }

    /**
     * Checks {@code chain}, leaf first, up to a pinned root of {@code vendor}; a root or intermediate that is missing at its end is
     * taken from the collateral by name. Findings are called {@code check + ".signature"} and so on.
     *
     * @return whether all of it holds
     */
    boolean check(
            Checks checks,
            String check,
            Vendor vendor,
            String source,
            List<X509Certificate> chain,
            Revocation revocation) {
        var whole = completed(vendor, chain);
        var holds = true;
        for (var i = 0; i < whole.size(); i++) {
            var certificate = whole.get(i);
            var where = Where.field(source, "certificate " + i + " (" + name(certificate) + ")");
            holds &= valid(checks, check, certificate, where);
            if (i > 0) {
                holds &= authority(checks, check, certificate, i - 1, where);
            }
            if (i < whole.size() - 1) {
                holds &= issued(checks, check, certificate, whole.get(i + 1), where);
                holds &= revocation == Revocation.NONE
                        || notRevoked(checks, check, certificate, whole.get(i + 1), revocation, where);
            } else {
                var print = TrustAnchors.fingerprint(certificate);
                holds &= checks.that(
                        anchors.trusts(vendor, print),
                        check + ".root",
                        "a root pinned for " + vendor + " " + anchors.fingerprints(vendor),
                        print,
                        where);
            }
        }
        return holds;
    }

    private List<X509Certificate> completed(Vendor vendor, List<X509Certificate> chain) {
        var whole = new ArrayList<>(chain);
        while (whole.size() < Certificates.CERTIFICATES_MAX) {
            var last = whole.getLast();
            if (anchors.trusts(vendor, TrustAnchors.fingerprint(last)) || selfIssued(last)) {
                break;
            }
            var next = collateral.authority(vendor, last);
            if (next.isEmpty()) {
                break;
            }
            whole.add(next.get());
        }
        return whole;
    }

    private static boolean selfIssued(X509Certificate certificate) {
        return certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal());
    }

    private boolean valid(Checks checks, String check, X509Certificate certificate, Where where) {
        var from = certificate.getNotBefore().toInstant();
        var to = certificate.getNotAfter().toInstant();
        checks.validUntil(to);
        return checks.that(
                !checks.at().isBefore(from) && !checks.at().isAfter(to),
                check + ".validity",
                "a time from " + from + " to " + to,
                checks.at().toString(),
                where);
    }

    private boolean authority(Checks checks, String check, X509Certificate certificate, int below, Where where) {
        // pathLenConstraint counts the intermediates below, which the leaf is not.
        var pathLength = certificate.getBasicConstraints();
        var holds = checks.that(
                pathLength >= below,
                check + ".authority",
                "an authority over " + below + " intermediates",
                pathLength < 0
                        ? "no authority"
                        : "an authority over " + (pathLength == Integer.MAX_VALUE ? "any" : pathLength),
                where);
        var usage = certificate.getKeyUsage();
        if (usage != null) {
            holds &= checks.that(
                    usage[KEY_CERT_SIGN],
                    check + ".key-usage",
                    "keyCertSign",
                    usage[KEY_CERT_SIGN] ? "keyCertSign" : "without keyCertSign",
                    where);
        }
        return holds;
    }

    private boolean issued(
            Checks checks, String check, X509Certificate certificate, X509Certificate issuer, Where where) {
        var named = Arrays.equals(
                certificate.getIssuerX500Principal().getEncoded(),
                issuer.getSubjectX500Principal().getEncoded());
        var holds = checks.that(
                named,
                check + ".issuer",
                issuer.getSubjectX500Principal().getName(),
                certificate.getIssuerX500Principal().getName(),
                where);
        var critical = certificate.hasUnsupportedCriticalExtension();
        holds &= checks.that(
                !critical,
                check + ".extensions",
                "no unknown critical extension",
                critical ? certificate.getCriticalExtensionOIDs().toString() : "none",
                where);
        holds &= checks.verified(
                signed(certificate, issuer), check + ".signature", "a signature of " + name(issuer), where);
        return holds;
    }

    private boolean signed(X509Certificate certificate, X509Certificate issuer) {
        if (certificate.getBasicConstraints() < 0) {
            return verify(certificate, issuer.getPublicKey());
        }
        var key = remembrance(certificate, issuer.getPublicKey());
        if (verified.get(key) != null) {
            return true;
        }
        var holds = verify(certificate, issuer.getPublicKey());
        if (holds) {
            verified.put(key, Boolean.TRUE);
            authorities.put(encoded(certificate), certificate);
        }
        return holds;
    }

    private static boolean verify(X509Certificate certificate, PublicKey key) {
        try {
            certificate.verify(key);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static Bytes remembrance(X509Certificate certificate, PublicKey key) {
        return Bytes.of(
                "",
                Signatures.digest(
                        "SHA-256", key.getEncoded(), encoded(certificate).copy()));
    }

    private static Bytes encoded(X509Certificate certificate) {
        try {
            return Bytes.of("certificate", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was decoded cannot be encoded", e);
        }
    }

    private boolean notRevoked(
            Checks checks,
            String check,
            X509Certificate certificate,
            X509Certificate issuer,
            Revocation revocation,
            Where where) {
        var crl = collateral.crl(issuer.getSubjectX500Principal());
        if (crl.isEmpty()) {
            if (revocation == Revocation.REQUIRED) {
                checks.fail(
                        check + ".revocation", "a revocation list of " + name(issuer), "none in the collateral", where);
                return false;
            }
            if (certificate.getBasicConstraints() >= 0) {
                checks.warn(
                        check + ".revocation", "a revocation list of " + name(issuer), "none in the collateral", where);
            }
            return true;
        }
        var holds = crlHolds(checks, check, crl.get(), issuer);
        var entry = crl.get().getRevokedCertificate(certificate.getSerialNumber());
        holds &= checks.that(
                entry == null,
                check + ".revocation",
                "not revoked by " + name(issuer),
                entry == null
                        ? "not revoked"
                        : "revoked on " + entry.getRevocationDate().toInstant(),
                where);
        return holds;
    }

    private boolean crlHolds(Checks checks, String check, X509CRL crl, X509Certificate issuer) {
        var where = Where.field("crl", name(issuer));
        var usage = issuer.getKeyUsage();
        var holds = checks.verified(
                (usage == null || usage[CRL_SIGN]) && verify(crl, issuer.getPublicKey()),
                check + ".crl.signature",
                "a revocation list signed by " + name(issuer),
                where);
        var critical = new HashSet<>(
                Optional.ofNullable(crl.getCriticalExtensionOIDs()).orElse(Set.of()));
        holds &= checks.that(
                critical.isEmpty(),
                check + ".crl.extensions",
                "a complete revocation list",
                critical.isEmpty() ? "one" : "critical extensions " + critical,
                where);
        var from = crl.getThisUpdate().toInstant();
        var to = crl.getNextUpdate() == null ? Instant.MIN : crl.getNextUpdate().toInstant();
        checks.validUntil(to);
        holds &= checks.that(
                !checks.at().isBefore(from) && !checks.at().isAfter(to),
                check + ".crl.validity",
                "a time from " + from + " to " + to,
                checks.at().toString(),
                where);
        return holds;
    }

    private static boolean verify(X509CRL crl, PublicKey key) {
        try {
            crl.verify(key);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Whether {@code signer} signed these bytes; remembered once it holds. For collateral, not for evidence. */
    boolean signedCollateral(String algorithm, PublicKey signer, Bytes body, byte[] signature) {
        var key = Bytes.of(
                "", Signatures.digest("SHA-256", signer.getEncoded(), signature, Signatures.digest("SHA-256", body)));
        if (verified.get(key) != null) {
            return true;
        }
        var holds = Signatures.verifies(algorithm, signer, signature, body);
        if (holds) {
            verified.put(key, Boolean.TRUE);
        }
        return holds;
    }

    static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }
}
