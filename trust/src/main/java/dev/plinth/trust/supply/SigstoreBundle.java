package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A signature with all that is needed to verify it offline (Sigstore bundle v0.1, v0.2 and v0.3, in JSON).
 *
 * @param timestamps RFC 3161 responses over the signature
 */
record SigstoreBundle(
        Version version, Material material, Content content, List<LogEntry> entries, List<Bytes> timestamps) {
    private static final int ENTRIES_MAX = 8;
    private static final int HASHES_MAX = 64;
    private static final long LAST_SECOND = 253_402_300_799L;

    enum Version {
        V0_1,
        V0_2,
        V0_3
    }

    /** Whose key it is. */
    sealed interface Material {
        record Certificate(Bytes der) implements Material {}

        /** A key that its verifier has to know. */
        record Key() implements Material {}
    }

    /** What is signed. */
    sealed interface Content {
        Bytes signature();

        /**
         * An artifact that is elsewhere.
         *
         * @param digest SHA-256 of what is signed, as the bundle says
         */
        record Message(Bytes digest, Bytes signature) implements Content {}

        record Envelope(DsseEnvelope envelope) implements Content {
            @Override
            public Bytes signature() {
                return envelope.signatures().getFirst();
            }
        }
    }

    /**
     * What a transparency log says that it holds.
     *
     * @param at when it was taken in, by the promise; the epoch if nothing says so
     * @param promise a signature of the log over all the others (SignedEntryTimestamp)
     */
    record LogEntry(
            Where where,
            long index,
            Bytes logId,
            String kind,
            String kindVersion,
            Instant at,
            Optional<Bytes> promise,
            Optional<Proof> proof,
            Bytes body) {}

    /** @param checkpoint a signed note with the root of the tree */
    record Proof(long index, Bytes root, long size, List<Bytes> hashes, Bytes checkpoint) {
        Proof {
            hashes = List.copyOf(hashes);
        }
    }

    SigstoreBundle {
        entries = List.copyOf(entries);
        timestamps = List.copyOf(timestamps);
    }

    static SigstoreBundle read(Json document) {
        var version = version(document.at("mediaType"));
        var material = document.at("verificationMaterial");
        return new SigstoreBundle(
                version,
                material(version, material),
                content(document),
                list(material, "tlogEntries").stream()
                        .map(SigstoreBundle::entry)
                        .toList(),
                material.find("timestampVerificationData")
                        .map(data -> list(data, "rfc3161Timestamps").stream()
                                .map(one -> one.at("signedTimestamp").base64())
                                .toList())
                        .orElse(List.of()));
    }

    /** Whether a document is meant to be one. */
    static boolean isOne(Json document) {
        return document.find("verificationMaterial").isPresent();
    }

    private static Version version(Json mediaType) {
        return switch (mediaType.text()) {
            case "application/vnd.dev.sigstore.bundle+json;version=0.1" -> Version.V0_1;
            case "application/vnd.dev.sigstore.bundle+json;version=0.2" -> Version.V0_2;
            case "application/vnd.dev.sigstore.bundle+json;version=0.3",
                    "application/vnd.dev.sigstore.bundle.v0.3+json" -> Version.V0_3;
            default ->
                throw new Malformed(
                        mediaType.where(),
                        "a Sigstore bundle of version 0.1, 0.2 or 0.3",
                        Bytes.shorten(mediaType.text()));
        };
    }

    private static Material material(Version version, Json material) {
        var certificate =
                material.find("certificate").map(one -> one.at("rawBytes").base64());
        var chain = material.find("x509CertificateChain")
                .map(one -> one.at("certificates").list());
        var key = material.find("publicKey");
        int given = (certificate.isPresent() ? 1 : 0) + (chain.isPresent() ? 1 : 0) + (key.isPresent() ? 1 : 0);
        if (given != 1
                || (chain.isPresent() && (version == Version.V0_3 || chain.get().isEmpty()))) {
            throw new Malformed(
                    material.where(),
                    "one of certificate, publicKey and, before version 0.3, x509CertificateChain",
                    given == 1 ? "x509CertificateChain" : given + " of them");
        }
        if (key.isPresent()) {
            return new Material.Key();
        }
        // Of a chain the first alone counts: whom it leads to is the operator's word, not the bundle's.
        return new Material.Certificate(certificate.orElseGet(
                () -> chain.orElseThrow().getFirst().at("rawBytes").base64()));
    }

    private static Content content(Json document) {
        var message = document.find("messageSignature");
        var envelope = document.find("dsseEnvelope");
        if (message.isPresent() == envelope.isPresent()) {
            throw new Malformed(
                    document.where(),
                    "one of messageSignature and dsseEnvelope",
                    message.isPresent() ? "both" : "neither");
        }
        if (envelope.isPresent()) {
            var dsse = DsseEnvelope.read(envelope.get());
            if (dsse.signatures().size() != 1) {
                throw new Malformed(
                        envelope.get().at("signatures").where(),
                        "one signature",
                        dsse.signatures().size() + " signatures");
            }
            return new Content.Envelope(dsse);
        }
        var digest = message.get().at("messageDigest");
        if (!digest.at("algorithm").text().equals("SHA2_256")) {
            throw new Malformed(
                    digest.at("algorithm").where(),
                    "SHA2_256",
                    Bytes.shorten(digest.at("algorithm").text()));
        }
        return new Content.Message(
                digest.at("digest").base64(), message.get().at("signature").base64());
    }

    private static LogEntry entry(Json entry) {
        return new LogEntry(
                entry.where(),
                entry.find("logIndex")
                        .map(one -> one.longNumber(Long.MAX_VALUE))
                        .orElse(0L),
                entry.at("logId").at("keyId").base64(),
                entry.at("kindVersion").at("kind").text(),
                entry.at("kindVersion").at("version").text(),
                Instant.ofEpochSecond(entry.find("integratedTime")
                        .map(one -> one.longNumber(LAST_SECOND))
                        .orElse(0L)),
                entry.find("inclusionPromise")
                        .map(one -> one.at("signedEntryTimestamp").base64()),
                entry.find("inclusionProof").map(SigstoreBundle::proof),
                entry.at("canonicalizedBody").base64());
    }

    private static Proof proof(Json proof) {
        var hashes = proof.find("hashes").map(Json::list).orElse(List.of());
        if (hashes.size() > HASHES_MAX) {
            throw new Malformed(proof.at("hashes").where(), "at most " + HASHES_MAX + " hashes", hashes.size() + "");
        }
        return new Proof(
                proof.find("logIndex")
                        .map(one -> one.longNumber(Long.MAX_VALUE))
                        .orElse(0L),
                proof.at("rootHash").base64(),
                proof.at("treeSize").longNumber(Long.MAX_VALUE),
                hashes.stream().map(Json::base64).toList(),
                Bytes.of(
                        proof.source() + "#checkpoint",
                        proof.at("checkpoint")
                                .at("envelope")
                                .text()
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    private static List<Json> list(Json of, String name) {
        var items = of.find(name).map(Json::list).orElse(List.of());
        if (items.size() > ENTRIES_MAX) {
            throw new Malformed(of.at(name).where(), "at most " + ENTRIES_MAX + " of them", items.size() + "");
        }
        return items;
    }
}
