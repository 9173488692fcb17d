package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** The TPM's side is played here, after part 1, 24 of the library's specification. */
class TpmEnrolmentTest {
    static final TestAuthority MAKER = TestAuthority.root("CN=TPM maker,O=Imitation", "secp256r1");
    static final KeyPair ENDORSEMENT = TestAuthority.rsa();
    private static final KeyPair ATTESTATION = TestAuthority.rsa();
    /** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign. */
    static final int ATTRIBUTES = 0x0005_0072;

    private static final TrustAnchors ANCHORS = TrustAnchors.none().with(Vendor.TPM, MAKER.certificate());

    private static TpmEnrolment.Answer offer(TrustAnchors anchors, byte[] area) {
        var certificate = MAKER.leaf("CN=EK", ENDORSEMENT.getPublic(), Map.of());
        return new TpmEnrolment(anchors, new CollateralStore(), new SecureRandom())
                .offer(
                        List.of(AmdWorld.der(certificate), AmdWorld.der(MAKER.certificate())),
                        Bytes.of("attestation key", area),
                        TpmWorld.NOW);
    }

    static byte[] area(KeyPair keys, int attributes) {
        var modulus = ((RSAPublicKey) keys.getPublic()).getModulus().toByteArray();
        return new Out()
                .be16(1)
                .be16(0x0b)
                .be32(attributes)
                .be16(0)
                .be16(0x10)
                .be16(0x14)
                .be16(0x0b)
                .be16(2048)
                .be32(0)
                .be16(256)
                .put(Arrays.copyOfRange(modulus, modulus.length - 256, modulus.length))
                .bytes();
    }

    /** TPM2_ActivateCredential: null if the TPM would refuse. */
    private static byte[] activate(TpmEnrolment.Offer offer, KeyPair endorsement, byte[] area) throws Exception {
        return activate(offer.credentialBlob(), offer.encryptedSecret(), endorsement, area);
    }

    static byte[] activate(Bytes credentialBlob, Bytes encryptedSecret, KeyPair endorsement, byte[] area)
            throws Exception {
        var oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
        oaep.init(
                Cipher.DECRYPT_MODE,
                endorsement.getPrivate(),
                new OAEPParameterSpec(
                        "SHA-256",
                        "MGF1",
                        MGF1ParameterSpec.SHA256,
                        new PSource.PSpecified("IDENTITY\0".getBytes(StandardCharsets.US_ASCII))));
        var seed = oaep.doFinal(encryptedSecret.from(2).copy());
        var name = new Out().be16(0x0b).put(Signatures.digest("SHA-256", area)).bytes();
        var blob = credentialBlob.from(2);
        var integrity = blob.slice(2, 32).copy();
        var identity = blob.from(34).copy();
        if (!Arrays.equals(integrity, hmac(kdfa(seed, "INTEGRITY", new byte[0], 256), identity, name))) {
            return null;
        }
        var aes = Cipher.getInstance("AES/CFB/NoPadding");
        aes.init(
                Cipher.DECRYPT_MODE,
                new SecretKeySpec(Arrays.copyOf(kdfa(seed, "STORAGE", name, 128), 16), "AES"),
                new IvParameterSpec(new byte[16]));
        var sized = aes.doFinal(identity);
        return Arrays.copyOfRange(sized, 2, sized.length);
    }

    private static byte[] kdfa(byte[] key, String label, byte[] context, int bits) throws Exception {
        return hmac(
                key,
                new Out()
                        .be32(1)
                        .put(label.getBytes(StandardCharsets.US_ASCII))
                        .u8(0)
                        .put(context)
                        .be32(bits)
                        .bytes());
    }

    private static byte[] hmac(byte[] key, byte[]... parts) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        for (var part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    @Test
    void the_tpm_with_both_keys_opens_the_secret_and_its_quotes_hold_from_then_on() throws Exception {
        var area = area(ATTESTATION, ATTRIBUTES);
        var offer = offer(ANCHORS, area).offer().orElseThrow();

        var endorsement = offer.pending().complete(activate(offer, ENDORSEMENT, area), "enrolment");

        var world = new TpmWorld();
        world.keys = ATTESTATION;
        world.vouched = false;
        Cases.refuses("tpm.key.vouched", world.appraise());
        world.endorsements.add(endorsement.orElseThrow());
        Cases.holds(world.appraise());
    }

    @Test
    void another_attestation_key_does_not_open_the_secret() throws Exception {
        var offer = offer(ANCHORS, area(ATTESTATION, ATTRIBUTES)).offer().orElseThrow();

        assertThat(activate(offer, ENDORSEMENT, area(TestAuthority.rsa(), ATTRIBUTES)))
                .isNull();
        assertThat(offer.pending().complete(new byte[32], "enrolment")).isEmpty();
    }

    @Test
    void a_key_that_may_sign_what_others_made_gets_no_offer() {
        for (var missing : new int[] {1 << 1, 1 << 4, 1 << 5, 1 << 16, 1 << 18}) {
            var answer = offer(ANCHORS, area(ATTESTATION, ATTRIBUTES & ~missing));
            assertThat(answer.offer()).isEmpty();
            Cases.refuses("tpm.attestation-key", answer.checked());
        }
        assertThat(offer(ANCHORS, area(ATTESTATION, ATTRIBUTES | (1 << 17))).offer())
                .isEmpty();
    }

    @Test
    void a_tpm_of_a_maker_that_nobody_pinned_gets_no_offer() {
        var answer = offer(TrustAnchors.ofVendors(), area(ATTESTATION, ATTRIBUTES));

        assertThat(answer.offer()).isEmpty();
        Cases.refuses("tpm.endorsement.root", answer.checked());
    }

    @Test
    void a_public_area_that_is_cut_off_gets_no_offer() {
        var area = area(ATTESTATION, ATTRIBUTES);
        for (var length = 0; length < area.length; length++) {
            var answer = offer(ANCHORS, Arrays.copyOf(area, length));
            assertThat(answer.offer()).isEmpty();
            Cases.refuses("tpm-enrolment.structure", answer.checked());
        }
    }
}
