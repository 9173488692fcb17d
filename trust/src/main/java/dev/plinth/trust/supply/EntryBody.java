package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Certificates;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Signatures;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a log took in: a digest, and signatures with whose they are (Rekor's hashedrekord 0.0.1 and 0.0.2, dsse 0.0.1 and 0.0.2,
 * intoto 0.0.2).
 */
record EntryBody(Over over, String digest, List<Entered> signatures) {
    /*
     * The log vouches for this text alone. A bundle whose entry speaks of another artifact, signature or key would borrow the entry's time
     * for a key that was not used then: so all three have to be those of the bundle (CVE-2022-36056).
     */
    private static final int SIGNATURES_MAX = 16;

    /** Of what the digest is. */
    enum Over {
        /** What is signed: an artifact, or an envelope in the form in which it is signed. */
        SIGNED,
        /** An envelope's payload. */
        PAYLOAD
    }

    /** @param verifier a certificate, or a SubjectPublicKeyInfo, in DER */
    record Entered(Bytes signature, Bytes verifier) {}

    EntryBody {
        signatures = List.copyOf(signatures);
    }

    static EntryBody read(SigstoreBundle.LogEntry entry) {
        var document = Json.parse(entry.body().named(entry.body().source() + " entry"));
        var kind = document.at("kind").text();
        var version = document.at("apiVersion").text();
        if (!kind.equals(entry.kind()) || !version.equals(entry.kindVersion())) {
            throw new Malformed(
                    document.where(), entry.kind() + " " + entry.kindVersion(), Bytes.shorten(kind + " " + version));
        }
        var spec = document.at("spec");
        return switch (kind + " " + version) {
            case "hashedrekord 0.0.1" -> {
                var signature = spec.at("signature");
                yield new EntryBody(
                        Over.SIGNED,
                        hex(spec.at("data").at("hash")),
                        List.of(new Entered(
                                signature.at("content").base64(),
                                pem(signature.at("publicKey").at("content")))));
            }
            case "hashedrekord 0.0.2" -> {
                var record = spec.at("hashedRekordV002");
                yield new EntryBody(Over.SIGNED, base64(record.at("data")), List.of(entered(record.at("signature"))));
            }
            case "dsse 0.0.1" ->
                new EntryBody(
                        Over.PAYLOAD,
                        hex(spec.at("payloadHash")),
                        some(spec.at("signatures")).stream()
                                .map(one -> new Entered(one.at("signature").base64(), pem(one.at("verifier"))))
                                .toList());
            case "dsse 0.0.2" -> {
                var record = spec.at("dsseV002");
                yield new EntryBody(
                        Over.PAYLOAD,
                        base64(record.at("payloadHash")),
                        some(record.at("signatures")).stream()
                                .map(EntryBody::entered)
                                .toList());
            }
            case "intoto 0.0.2" -> {
                var content = spec.at("content");
                yield new EntryBody(
                        Over.PAYLOAD,
                        hex(content.at("payloadHash")),
                        some(content.at("envelope").at("signatures")).stream()
                                .map(one -> new Entered(twice(one.at("sig")), pem(one.at("publicKey"))))
                                .toList());
            }
            default ->
                throw new Malformed(
                        document.where(),
                        "hashedrekord or dsse of 0.0.1 or 0.0.2, or intoto 0.0.2",
                        Bytes.shorten(kind + " " + version));
        };
    }

    private static List<Json> some(Json list) {
        var items = list.list();
        if (items.isEmpty() || items.size() > SIGNATURES_MAX) {
            throw new Malformed(list.where(), "1 to " + SIGNATURES_MAX + " signatures", items.size() + "");
        }
        return items;
    }

    private static String hex(Json hash) {
        if (!hash.at("algorithm").text().equals("sha256")) {
            throw new Malformed(
                    hash.where(), "sha256", Bytes.shorten(hash.at("algorithm").text()));
        }
        return hash.at("value").text();
    }

    private static String base64(Json hash) {
        if (!hash.at("algorithm").text().equals("SHA2_256")) {
            throw new Malformed(
                    hash.where(), "SHA2_256", Bytes.shorten(hash.at("algorithm").text()));
        }
        return hash.at("digest").base64().hex();
    }

    private static Entered entered(Json signature) {
        var verifier = signature.at("verifier");
        return new Entered(
                signature.at("content").base64(),
                verifier.find("x509Certificate")
                        .or(() -> verifier.find("publicKey"))
                        .orElseGet(() -> verifier.at("x509Certificate"))
                        .at("rawBytes")
                        .base64());
    }

    /** Entries of this kind hold the Base64 of the signature's Base64. */
    private static Bytes twice(Json signature) {
        var once = signature.base64();
        try {
            return Bytes.of(once.source(), Base64.getDecoder().decode(once.copy()));
        } catch (IllegalArgumentException e) {
            throw new Malformed(signature.where(), "Base64 of Base64", once.shown());
        }
    }

    private static Bytes pem(Json text) {
        var pem = text.base64();
        if (!pem.text(StandardCharsets.ISO_8859_1).contains("BEGIN CERTIFICATE")) {
            return Bytes.of(pem.source(), PublicKeys.parsePem(pem).getEncoded());
        }
        try {
            return Bytes.of(pem.source(), Certificates.parseFile(pem).getFirst().getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was decoded cannot be encoded", e);
        }
    }

    /** Whether it speaks of this signature, made with this key over that. */
    boolean agrees(
            Findings findings,
            SigstoreBundle.LogEntry entry,
            Signed signed,
            Optional<DsseEnvelope> envelope,
            Bytes signature,
            Bytes verifier) {
        var expected = switch (over) {
            case SIGNED -> Optional.of(signed.digest());
            case PAYLOAD -> envelope.map(one -> Signatures.digest("SHA-256", one.payload()));
        };
        var hex = expected.map(HexFormat.of()::formatHex).orElse("an envelope");
        boolean holds =
                findings.that(hex.equals(digest), "log.entry.digest", hex, Bytes.shorten(digest), entry.where());
        holds &= findings.that(
                signatures.stream()
                        .anyMatch(one -> one.signature().same(signature)
                                && one.verifier().same(verifier)),
                "log.entry.signature",
                "the bundle's signature and key",
                signatures.stream().anyMatch(one -> one.verifier().same(verifier)) ? "its key" : "another key",
                entry.where());
        return holds;
    }
}
