package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Der;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Signatures;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When a time-stamping authority saw something: its response (RFC 3161), a CMS SignedData (RFC 5652) around what it says.
 *
 * @param imprint the digest of what was seen
 */
record Timestamp(
        String imprintAlgorithm,
        Bytes imprint,
        Instant at,
        Bytes said,
        Bytes attributes,
        String digestAlgorithm,
        String signatureAlgorithm,
        Bytes signature) {
    /*
     * The certificate of the authority is the one in the trusted root. One that came along in the response is not looked at: nobody but the
     * operator says who may tell the time.
     */
    private static final String SIGNED_DATA = "1.2.840.113549.1.7.2";
    private static final String TST_INFO = "1.2.840.113549.1.9.16.1.4";
    private static final String CONTENT_TYPE = "1.2.840.113549.1.9.3";
    private static final String MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    private static final String TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SET = 0x31;
    private static final int FIRST = 0xa0;
    private static final int SECOND = 0xa1;
    private static final Map<String, String> DIGESTS = Map.of(
            "2.16.840.1.101.3.4.2.1", "SHA-256",
            "2.16.840.1.101.3.4.2.2", "SHA-384",
            "2.16.840.1.101.3.4.2.3", "SHA-512");
    private static final Map<String, String> SIGNATURES = Map.of(
            "1.2.840.10045.4.3.2", "SHA256withECDSA",
            "1.2.840.10045.4.3.3", "SHA384withECDSA",
            "1.2.840.10045.4.3.4", "SHA512withECDSA",
            "1.2.840.113549.1.1.11", "SHA256withRSA",
            "1.2.840.113549.1.1.12", "SHA384withRSA",
            "1.2.840.113549.1.1.13", "SHA512withRSA");

    static Timestamp parse(Bytes response) {
        var outer = new Der(response);
        var parts = outer.sequence();
        outer.end();
        int status = parts.sequence().integer(5);
        if (status > 1) {
            throw new Malformed(response.where(), "a timestamp that was granted", "status " + status);
        }
        var token = parts.sequence();
        expect(token.oid(), SIGNED_DATA, response);
        var data = new Der(token.next(FIRST)).sequence();
        data.integer(10);
        data.next(SET);
        var content = data.sequence();
        expect(content.oid(), TST_INFO, response);
        var said = new Der(content.next(FIRST)).next(Der.OCTET_STRING);
        for (int tag = data.tag(); tag == FIRST || tag == SECOND; tag = data.tag()) {
            data.next();
        }
        var signers = new Der(data.next(SET));
        data.end();
        var signer = signers.sequence();
        signers.end();
        signer.integer(10);
        // Whose it is follows from the key that verifies it.
        signer.next();
        var digest = algorithm(signer.sequence(), DIGESTS, response);
        var attributes = signer.next(FIRST);
        var signed = algorithm(signer.sequence(), SIGNATURES, response);
        var signature = signer.next(Der.OCTET_STRING);

        var info = new Der(said).sequence();
        info.integer(10);
        info.oid();
        var imprint = info.sequence();
        var imprintAlgorithm = algorithm(imprint.sequence(), DIGESTS, response);
        var hash = imprint.next(Der.OCTET_STRING);
        info.next(Der.INTEGER);
        return new Timestamp(
                imprintAlgorithm, hash, time(info.next(GENERALIZED_TIME)), said, attributes, digest, signed, signature);
    }

    private static void expect(String found, String expected, Bytes response) {
        if (!found.equals(expected)) {
            throw new Malformed(response.where(), "content of type " + expected, found);
        }
    }

    private static String algorithm(Der identifier, Map<String, String> known, Bytes response) {
        var oid = identifier.oid();
        var name = known.get(oid);
        if (name == null) {
            throw new Malformed(response.where(), "one of " + known.values(), oid);
        }
        return name;
    }

    private static Instant time(Bytes text) {
        var parts = text.text(StandardCharsets.US_ASCII).split("[.Z]");
        try {
            return LocalDateTime.parse(parts[0], DateTimeFormatter.ofPattern("uuuuMMddHHmmss"))
                    .toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new Malformed(text.where(), "a time as in 20251120204523Z", text.shown());
        }
    }

    /** When the signature was seen, by an authority of the trusted root; empty if it is not. */
    static Optional<Instant> check(Findings findings, TrustedRoot root, Bytes response, Bytes signature, Instant at) {
        var where = response.where();
        Timestamp timestamp;
        boolean holds;
        Optional<TrustedRoot.Authority> authority;
        try {
            timestamp = parse(response);
            var read = timestamp;
            holds = findings.that(
                    timestamp.imprint().same(Signatures.digest(timestamp.imprintAlgorithm(), signature)),
                    "timestamp.imprint",
                    "the digest of the signature",
                    timestamp.imprint().shown(),
                    where);
            holds &= findings.verified(
                    timestamp.attributesHold(), "timestamp.content", "what is signed is what it says", where);
            authority = root.timestampAuthorities().stream()
                    .filter(one -> read.isSignedBy(one.chain().getFirst().getPublicKey()))
                    .findFirst();
        } catch (Malformed e) {
            findings.malformed("timestamp", e);
            return Optional.empty();
        }
        holds &= findings.verified(
                authority.isPresent(),
                "timestamp.signature",
                "a signature of a time-stamping authority of the trusted root",
                where);
        if (authority.isEmpty()) {
            return Optional.empty();
        }
        var leaf = authority.get().chain().getFirst();
        holds &= findings.that(mayStamp(leaf), "timestamp.usage", "a certificate that stamps times", "another", where);
        holds &= ChainCheck.above(findings, "timestamp", leaf, authority.get(), timestamp.at(), where);
        holds &= findings.that(
                !timestamp.at().isAfter(at.plus(Examination.CLOCKS_APART_MAX)),
                "timestamp.time",
                "a time before " + at,
                timestamp.at().toString(),
                where);
        return holds ? Optional.of(timestamp.at()) : Optional.empty();
    }

    /** The signed attributes name the kind and the digest of what the authority says; each stands once. */
    private boolean attributesHold() {
        int types = 0;
        int digests = 0;
        var list = new Der(attributes);
        while (list.hasNext()) {
            var attribute = list.sequence();
            var oid = attribute.oid();
            var values = new Der(attribute.next(SET));
            if (oid.equals(CONTENT_TYPE)) {
                types += values.oid().equals(TST_INFO) ? 1 : 2;
            } else if (oid.equals(MESSAGE_DIGEST)) {
                digests += values.next(Der.OCTET_STRING).same(Signatures.digest(digestAlgorithm, said)) ? 1 : 2;
            }
        }
        return types == 1 && digests == 1;
    }

    /** What is signed are the attributes as a set of their own (RFC 5652, 5.4). */
    private boolean isSignedBy(PublicKey key) {
        int length = attributes.length();
        var head = length < 0x80
                ? new byte[] {SET, (byte) length}
                : length < 0x100
                        ? new byte[] {SET, (byte) 0x81, (byte) length}
                        : new byte[] {SET, (byte) 0x82, (byte) (length >>> 8), (byte) length};
        return PublicKeys.isKnown(key)
                && signatureAlgorithm.endsWith(key.getAlgorithm().equals("EC") ? "ECDSA" : key.getAlgorithm())
                && Signatures.verifies(
                        signatureAlgorithm, key, signature.copy(), Bytes.of("attributes", head), attributes);
    }

    private static boolean mayStamp(X509Certificate certificate) {
        try {
            return Optional.ofNullable(certificate.getExtendedKeyUsage())
                    .orElse(List.of())
                    .equals(List.of(TIME_STAMPING));
        } catch (CertificateParsingException e) {
            return false;
        }
    }
}
