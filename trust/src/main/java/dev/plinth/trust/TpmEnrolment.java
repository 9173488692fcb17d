package dev.plinth.trust;

import dev.plinth.trust.Chains.Revocation;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** Enrols a TPM's attestation key: a secret is wrapped so that only the TPM with that endorsement key, holding that attestation key, can open it. */
public final class TpmEnrolment {
    /*
     * TPM2_MakeCredential in software (TCG TPM 2.0 Library, part 1, 24). The maker of the TPM certifies its endorsement key, which
     * cannot sign. So the attestation key is tied to it by a secret: it is encrypted to the endorsement key together with the attestation
     * key's name, and a TPM gives it out (TPM2_ActivateCredential) only if it holds both. Endorsement keys of the default RSA template
     * only: SHA-256 names, AES-128 in CFB.
     */
    private static final int SECRET_BYTES = 32;
    private static final int SEED_BYTES = 32;
    private static final int AES_BITS = 128;

    private final Chains chains;
    private final SecureRandom random;

    public TpmEnrolment(TrustAnchors anchors, CollateralStore collateral, SecureRandom random) {
        this.chains = new Chains(anchors, collateral);
        this.random = random;
    }

    /**
     * What the TPM has to open, and what the enroller keeps meanwhile.
     *
     * @param credentialBlob TPM2B_ID_OBJECT
     * @param encryptedSecret TPM2B_ENCRYPTED_SECRET
     */
    public record Offer(Bytes credentialBlob, Bytes encryptedSecret, Pending pending) {}

    /** An enrolment that waits for the secret. It must not leave the enroller. */
    public static final class Pending {
        private final byte[] secret;
        private final TpmPublic attestationKey;

        private Pending(byte[] secret, TpmPublic attestationKey) {
            this.secret = secret;
            this.attestationKey = attestationKey;
        }

        /** The endorsement of the attestation key, if what came back is the secret. */
        public Optional<Endorsement.VouchedKey> complete(byte[] returned, String owner) {
            return Bytes.of("returned secret", returned).same(secret)
                    ? Optional.of(Endorsement.VouchedKey.of(Vendor.TPM, attestationKey.key(), owner))
                    : Optional.empty();
        }
    }

    /** Either an offer, or why there is none. */
    public record Answer(Optional<Offer> offer, AttestationResult checked) {}

    /**
     * Checks both keys and wraps a fresh secret.
     *
     * @param endorsementChain DER, the endorsement key's certificate first
     * @param attestationKey TPMT_PUBLIC
     */
    public Answer offer(List<Bytes> endorsementChain, Bytes attestationKey, Instant at) {
        var checks = new Checks("tpm-enrolment", at);
        try {
            if (endorsementChain.isEmpty() || endorsementChain.size() > Certificates.CERTIFICATES_MAX) {
                throw new Malformed(
                        Where.field("enrolment", "endorsement chain"),
                        "1 to " + Certificates.CERTIFICATES_MAX + " certificates",
                        Integer.toString(endorsementChain.size()));
            }
            var chain = chains.parseAll(endorsementChain);
            chains.check(checks, "tpm.endorsement", Vendor.TPM, "endorsement chain", chain, Revocation.IF_KNOWN);
            var key = TpmPublic.parse(attestationKey);
            checks.that(
                    key.isAttestationKey(),
                    "tpm.attestation-key",
                    "fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign, not decrypt",
                    "%08x".formatted(key.attributes()),
                    attestationKey.where());
            if (!(chain.getFirst().getPublicKey() instanceof RSAPublicKey endorsement)) {
                throw new Malformed(Where.field("enrolment", "endorsement key"), "an RSA key", "another");
            }
            if (checks.failed()) {
                return new Answer(Optional.empty(), checks.result());
            }
            var secret = new byte[SECRET_BYTES];
            random.nextBytes(secret);
            return new Answer(Optional.of(wrap(endorsement, key, secret)), checks.result());
        } catch (Malformed malformed) {
            checks.malformed("tpm-enrolment.structure", malformed);
            return new Answer(Optional.empty(), checks.result());
        }
    }

    private Offer wrap(RSAPublicKey endorsement, TpmPublic key, byte[] secret) {
        try {
            var seed = new byte[SEED_BYTES];
            random.nextBytes(seed);
            var oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
            oaep.init(
                    Cipher.ENCRYPT_MODE,
                    endorsement,
                    new OAEPParameterSpec(
                            "SHA-256",
                            "MGF1",
                            MGF1ParameterSpec.SHA256,
                            new PSource.PSpecified("IDENTITY\0".getBytes(StandardCharsets.US_ASCII))),
                    random);
            var encryptedSeed = oaep.doFinal(seed);

            var name = key.name().copy();
            var aes = Cipher.getInstance("AES/CFB/NoPadding");
            aes.init(
                    Cipher.ENCRYPT_MODE,
                    new SecretKeySpec(derive(seed, "STORAGE", name, AES_BITS), "AES"),
                    new IvParameterSpec(new byte[16]));
            var identity = aes.doFinal(sized(secret));
            var mac = mac(derive(seed, "INTEGRITY", new byte[0], 256));
            mac.update(identity);
            var integrity = mac.doFinal(name);
            var blob = new ByteArrayOutputStream();
            blob.writeBytes(sized(integrity));
            blob.writeBytes(identity);
            return new Offer(
                    Bytes.of("credential blob", sized(blob.toByteArray())),
                    Bytes.of("encrypted secret", sized(encryptedSeed)),
                    new Pending(secret, key));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot wrap a credential: " + e.getMessage(), e);
        }
    }

    /** KDFa (part 1, 11.4.10.2) with HMAC-SHA-256, for at most one block. */
    private static byte[] derive(byte[] key, String label, byte[] context, int bits) throws GeneralSecurityException {
        var mac = mac(key);
        mac.update(new byte[] {0, 0, 0, 1});
        mac.update(label.getBytes(StandardCharsets.US_ASCII));
        mac.update((byte) 0);
        mac.update(context);
        mac.update(new byte[] {0, 0, (byte) (bits >>> 8), (byte) bits});
        return java.util.Arrays.copyOf(mac.doFinal(), bits / 8);
    }

    private static Mac mac(byte[] key) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac;
    }

    private static byte[] sized(byte[] bytes) {
        var sized = new byte[2 + bytes.length];
        sized[0] = (byte) (bytes.length >>> 8);
        sized[1] = (byte) bytes.length;
        System.arraycopy(bytes, 0, sized, 2, bytes.length);
        return sized;
    }
}
