package dev.plinth.trust;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.Consumer;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;

/** A Hygon of its own: root, HSK, a chip's CEK, a platform's PEK; a test changes one thing. */
final class HygonWorld {
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final Key ROOT = new Key();
    private static final Key HSK = new Key();
    private static final Key CEK = new Key();
    private static final Key PEK = new Key();
    private static final byte[] ID = "HYGON-SSD-PEK".getBytes(StandardCharsets.US_ASCII);

    /** A pair of SM2 keys. */
    static final class Key {
        private final ECPrivateKeyParameters secret;
        private final ECPublicKeyParameters open;

        Key() {
            var generator = new ECKeyPairGenerator();
            generator.init(new ECKeyGenerationParameters(
                    new ECDomainParameters(GMNamedCurves.getByName("sm2p256v1")), new SecureRandom()));
            var pair = generator.generateKeyPair();
            secret = (ECPrivateKeyParameters) pair.getPrivate();
            open = (ECPublicKeyParameters) pair.getPublic();
        }

        /** r and s, little endian, in 72 bytes each. */
        byte[] sign(byte[] message) {
            try {
                var signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
                signer.init(true, new ParametersWithID(secret, ID));
                signer.update(message, 0, message.length);
                var both = signer.generateSignature();
                return new Out()
                        .put(little(Arrays.copyOf(both, 32)))
                        .put(little(Arrays.copyOfRange(both, 32, 64)))
                        .bytes();
            } catch (CryptoException e) {
                throw new IllegalStateException(e);
            }
        }

        byte[] encoded() {
            return new Out()
                    .u32(3)
                    .put(little(fixed(open.getQ().getAffineXCoord().toBigInteger())))
                    .put(little(fixed(open.getQ().getAffineYCoord().toBigInteger())))
                    .u16(ID.length)
                    .put(Arrays.copyOf(ID, 254))
                    .bytes();
        }
    }

    Key hskSigner = ROOT;
    Key cekSigner = HSK;
    Key pekSigner = CEK;
    boolean anchored = true;
    boolean withAuthorities = true;
    byte[] challenge = Arrays.copyOf("a nonce of this one time".getBytes(StandardCharsets.US_ASCII), 64);
    byte[] userData = challenge;
    long policy = 1;
    Consumer<byte[]> report = bytes -> {};

    private static byte[] fixed(BigInteger number) {
        var bytes = number.toByteArray();
        var out = new byte[32];
        var length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, out, 32 - length, length);
        return out;
    }

    private static byte[] little(byte[] big) {
        var out = new byte[72];
        for (var i = 0; i < 32; i++) {
            out[i] = big[31 - i];
        }
        return out;
    }

    private static byte[] rootForm(long usage, Key key, Key signer) {
        var body = new Out()
                .u32(1)
                .zeros(32)
                .u32(usage)
                .zeros(24)
                .put(key.encoded())
                .zeros(108)
                .bytes();
        return new Out().put(body).put(signer.sign(body)).zeros(112).bytes();
    }

    private static byte[] chipForm(long usage, Key key, long signerUsage, Key signer) {
        var body = new Out()
                .u32(1)
                .u32(0x301)
                .u32(usage)
                .u32(4)
                .put(key.encoded())
                .zeros(624)
                .bytes();
        return new Out()
                .put(body)
                .u32(signerUsage)
                .u32(4)
                .put(signer.sign(body))
                .zeros(512 - 144)
                .u32(0)
                .u32(0)
                .zeros(512)
                .bytes();
    }

    AttestationResult appraise() {
        var plain = new Out()
                .zeros(64)
                .put(userData)
                .put(AmdWorld.bytes(16, 6))
                .put(AmdWorld.bytes(32, 0x33))
                .u32(policy)
                .bytes();
        var mask = new byte[] {1, 2, 3, 4};
        var signed = masked(plain, mask);
        var pek = chipForm(CsvCertificate.PEK, PEK, CsvCertificate.CEK, pekSigner);
        var chip = Arrays.copyOf("CHIP1".getBytes(StandardCharsets.US_ASCII), 64);
        var authenticated = new Out().put(pek).put(chip).zeros(32).bytes();
        var body = new Out()
                .put(signed)
                .put(masked(new Out().u32(0x1002).u32(4).bytes(), mask))
                .put(mask)
                .put(PEK.sign(signed))
                .put(authenticated)
                .zeros(32)
                .zeros(1548)
                .bytes();
        report.accept(body);
        var store = new CollateralStore();
        var root = rootForm(CsvCertificate.HRK, ROOT, ROOT);
        if (withAuthorities) {
            store.put(new Endorsement.HygonAuthorities(
                    "CHIP1",
                    Bytes.of(
                            "authorities",
                            new Out()
                                    .put(root)
                                    .put(rootForm(CsvCertificate.HSK, HSK, hskSigner))
                                    .put(chipForm(CsvCertificate.CEK, CEK, CsvCertificate.HSK, cekSigner))
                                    .bytes())));
        }
        var anchors = anchored
                ? TrustAnchors.none()
                        .with(Vendor.HYGON, HygonVerifier.fingerprint(CsvCertificate.parseRoot(Bytes.of("root", root))))
                : TrustAnchors.none();
        return new Appraiser(anchors, store)
                .appraise(
                        new Evidence.CsvReport(Bytes.of("report", body)),
                        Challenge.of(Arrays.copyOf(challenge, 24)),
                        NOW);
    }

    private static byte[] masked(byte[] plain, byte[] mask) {
        var out = plain.clone();
        for (var i = 0; i < out.length; i++) {
            out[i] ^= mask[i % 4];
        }
        return out;
    }
}
