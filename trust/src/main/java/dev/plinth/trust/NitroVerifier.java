package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import dev.plinth.trust.TrustVector.Aspect;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.TreeMap;

/** Verifies AWS Nitro attestation documents: COSE_Sign1 by a certificate under AWS's root ("Nitro Enclaves attestation process"). */
final class NitroVerifier {
    /** How far the document's own time may lie ahead of the time of appraisal. */
    static final Duration SKEW_MAX = Duration.ofMinutes(5);

    private static final int PCRS_MAX = 32;
    private static final int BLOB_BYTES_MAX = 1_024;

    private final Chains chains;

    NitroVerifier(Chains chains) {
        this.chains = chains;
    }

    void verify(Checks checks, Bytes document, Challenge challenge) {
        var message = CoseSign1.parse(document);
        var payload = Cbor.parse(message.payload());
        var chain = new ArrayList<X509Certificate>();
        chain.add(chains.parse(payload.at("certificate").bytes()));
        var bundle = payload.at("cabundle").list();
        if (bundle.isEmpty() || bundle.size() >= Certificates.CERTIFICATES_MAX) {
            throw new Malformed(
                    payload.at("cabundle").where(),
                    "1 to " + (Certificates.CERTIFICATES_MAX - 1) + " certificates",
                    Integer.toString(bundle.size()));
        }
        // The bundle begins with the root.
        for (var certificate : bundle.reversed()) {
            chain.add(chains.parse(certificate.bytes()));
        }
        chains.check(checks, "nitro.chain", Vendor.AWS, "certificate and cabundle", chain, Revocation.NONE);
        checks.verified(
                message.verifies(chain.getFirst().getPublicKey()),
                "nitro.signature",
                "a signature of the enclave's certificate over the document",
                message.payload().where());

        checks.claim("nitro.module-id", payload.at("module_id").text());
        var digest = payload.at("digest");
        checks.that(
                digest.text().equals("SHA384"), "nitro.digest", "SHA384", Bytes.shorten(digest.text()), digest.where());
        timestamp(checks, payload.at("timestamp"));
        pcrs(checks, payload.at("pcrs"));
        for (var name : new String[] {"public_key", "user_data", "nonce"}) {
            var value = payload.find(name).map(Cbor::bytes);
            value.ifPresent(bytes -> {
                if (bytes.length() > BLOB_BYTES_MAX) {
                    throw new Malformed(
                            bytes.where(), "at most " + BLOB_BYTES_MAX + " bytes", bytes.length() + " bytes");
                }
                checks.claim("nitro." + name.replace('_', '-'), bytes);
            });
        }
        var nonce = payload.find("nonce").map(Cbor::bytes);
        checks.challengeExactly(
                "nitro.challenge", challenge, nonce.orElse(message.payload().slice(0, 0)));
    }

    private static void timestamp(Checks checks, Cbor item) {
        var millis = item.number();
        if (millis < 0 || millis > Instant.parse("9999-12-31T00:00:00Z").toEpochMilli()) {
            throw new Malformed(item.where(), "milliseconds since 1970", Long.toString(millis));
        }
        var time = Instant.ofEpochMilli(millis);
        checks.claim("nitro.timestamp", time.toString());
        checks.that(
                !time.isAfter(checks.at().plus(SKEW_MAX)),
                "nitro.timestamp",
                "a time not after " + checks.at().plus(SKEW_MAX),
                time.toString(),
                item.where());
    }

    private static void pcrs(Checks checks, Cbor item) {
        var pcrs = new TreeMap<Long, Bytes>();
        item.map().forEach((key, value) -> {
            if (!(key instanceof Long index) || index < 0 || index >= PCRS_MAX) {
                throw new Malformed(item.where(), "PCRs from 0 to " + (PCRS_MAX - 1), Bytes.shorten(key.toString()));
            }
            var bytes = value.bytes();
            if (bytes.length() != 48) {
                throw new Malformed(bytes.where(), "a PCR of 48 bytes", bytes.length() + " bytes");
            }
            pcrs.put(index, bytes);
            checks.claim("nitro.pcr" + index, bytes);
        });
        var image = pcrs.get(0L);
        if (image == null) {
            throw new Malformed(item.where(), "PCR 0", "PCRs " + pcrs.keySet());
        }
        checks.claim("measurement", image);
        // In debug mode the measurements of image, kernel and application are all zero.
        var debug = image.isZero();
        checks.unless(
                !debug,
                "debug",
                "nitro.debug",
                "a measurement in PCR 0",
                image.isZero() ? "zeros" : image.shown(),
                image.where());
        checks.claim("debug", debug);
        checks.rate(Aspect.CONFIGURATION, debug ? TrustVector.CONTRAINDICATED : TrustVector.NO_KNOWN_VULNERABILITY);
        checks.rate(Aspect.RUNTIME_OPAQUE, debug ? TrustVector.CONTRAINDICATED : TrustVector.AFFIRMED);
        checks.rate(Aspect.HARDWARE, TrustVector.AFFIRMED);
    }
}
