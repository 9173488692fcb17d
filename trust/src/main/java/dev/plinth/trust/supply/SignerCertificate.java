package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Certificates;
import dev.plinth.trust.Der;
import dev.plinth.trust.Malformed;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A certificate that says who held a key for some minutes, and who says so (Fulcio's profile, certificate-specification and oid-info).
 *
 * @param identity its one subject alternative name: a URI, an e-mail address, or a name of Fulcio's own kind
 * @param issuer of the OpenID Connect token that the identity came from
 */
record SignerCertificate(X509Certificate certificate, Bytes der, String identity, String issuer) {
    private static final String ISSUER_V1 = "1.3.6.1.4.1.57264.1.1";
    private static final String ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";
    private static final String OTHER_NAME = "1.3.6.1.4.1.57264.1.7";
    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    private static final String ALTERNATIVE_NAME = "2.5.29.17";
    private static final int EMAIL = 0x81;
    private static final int URI = 0x86;
    private static final int OTHER = 0xa0;

    static SignerCertificate read(Bytes der) {
        var certificate = Certificates.parse(der);
        return new SignerCertificate(certificate, der, identity(certificate, der), issuer(certificate, der));
    }

    private static Optional<Bytes> extension(X509Certificate certificate, Bytes der, String oid) {
        return Optional.ofNullable(certificate.getExtensionValue(oid)).map(value -> {
            var outer = new Der(Bytes.of(der.source() + " extension " + oid, value));
            var content = outer.next(Der.OCTET_STRING);
            outer.end();
            return content;
        });
    }

    private static String identity(X509Certificate certificate, Bytes der) {
        var names = new ArrayList<String>();
        var extension = extension(certificate, der, ALTERNATIVE_NAME);
        if (extension.isPresent()) {
            var list = new Der(extension.get()).sequence();
            while (list.hasNext()) {
                int tag = list.tag();
                var name = list.next();
                switch (tag) {
                    case EMAIL, URI -> names.add(name.text(StandardCharsets.US_ASCII));
                    case OTHER -> names.add(other(name));
                    default ->
                        throw new Malformed(
                                name.where(), "a URI, an e-mail address or a name of Fulcio's", "another name");
                }
            }
        }
        if (names.size() != 1 || names.getFirst().isEmpty()) {
            throw new Malformed(der.where(), "one subject alternative name", names.size() + "");
        }
        return names.getFirst();
    }

    private static String other(Bytes name) {
        var parts = new Der(name);
        if (!parts.oid().equals(OTHER_NAME)) {
            throw new Malformed(name.where(), "a name of Fulcio's kind, " + OTHER_NAME, "another");
        }
        var text = new Der(parts.next(0xa0)).next(Der.UTF8_STRING).text(StandardCharsets.UTF_8);
        parts.end();
        return text;
    }

    private static String issuer(X509Certificate certificate, Bytes der) {
        var second = extension(certificate, der, ISSUER_V2)
                .map(value -> new Der(value).next(Der.UTF8_STRING).text(StandardCharsets.UTF_8));
        var first = extension(certificate, der, ISSUER_V1).map(value -> value.text(StandardCharsets.UTF_8));
        if (first.isEmpty() && second.isEmpty()) {
            throw new Malformed(der.where(), "the issuer of an identity, " + ISSUER_V2 + " or " + ISSUER_V1, "neither");
        }
        if (first.isPresent() && second.isPresent() && !first.equals(second)) {
            throw new Malformed(der.where(), "one issuer of an identity", "two");
        }
        return second.or(() -> first).orElseThrow();
    }

    /** It may sign, and may sign code. */
    boolean maySign(Findings findings) {
        var usage = certificate.getKeyUsage();
        List<String> extended;
        try {
            extended = Optional.ofNullable(certificate.getExtendedKeyUsage()).orElse(List.of());
        } catch (CertificateParsingException e) {
            extended = List.of();
        }
        boolean signs = usage != null && usage[0] && certificate.getBasicConstraints() < 0;
        return findings.that(
                signs && extended.contains(CODE_SIGNING),
                "certificate.usage",
                "a certificate that signs code, and is no authority",
                (signs ? "signs" : "does not sign") + ", for " + extended,
                der.where());
    }
}
