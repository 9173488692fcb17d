package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** An AMD of its own: for each family a root, an intermediate, and chips; a test changes one thing. */
final class AmdWorld {
    static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    static final TestAuthority ARK = TestAuthority.root("CN=ARK-Milan,O=Imitation", "secp384r1");
    static final TestAuthority ASK = ARK.authority("CN=SEV-Milan,O=Imitation", "secp384r1");
    static final TestAuthority ASVK = ARK.authority("CN=SEV-VLEK-Milan,O=Imitation", "secp384r1");
    static final TestAuthority ARK_TURIN = TestAuthority.root("CN=ARK-Turin,O=Imitation", "secp384r1");
    static final TestAuthority ASK_TURIN = ARK_TURIN.authority("CN=SEV-Turin,O=Imitation", "secp384r1");
    static final TestAuthority ARK_GENOA = TestAuthority.root("CN=ARK-Genoa,O=Imitation", "secp384r1");
    static final TestAuthority ASK_GENOA = ARK_GENOA.authority("CN=SEV-Genoa,O=Imitation", "secp384r1");
    private static final KeyPair CHIP = TestAuthority.ec("secp384r1");

    TestAuthority issuer = ASK;
    TestAuthority root = ARK;
    String subject = "CN=SEV-VCEK,O=Imitation";
    String productName = "Milan-B0";
    int version = 3;
    int family = 0x19;
    int model = 1;
    /** In the report's layout: boot loader, tee, four reserved, snp, microcode; Turin's differs. */
    byte[] tcb = {3, 0, 0, 0, 0, 0, 8, 115};

    byte[] certifiedTcb = tcb;
    boolean turin;
    byte[] hardwareId = bytes(64, 0x5a);
    byte[] chipId = bytes(64, 0x5a);
    int signingKey = 0;
    byte[] challenge = "a nonce of this one time".getBytes(StandardCharsets.US_ASCII);
    Consumer<byte[]> report = bytes -> {};
    UnaryOperator<byte[]> signed = bytes -> bytes;
    KeyPair keyInCertificate = CHIP;
    Instant from = TestAuthority.FROM;
    Instant to = TestAuthority.TO;
    boolean chainInEvidence = true;
    List<Endorsement> endorsements = new ArrayList<>();

    static byte[] bytes(int length, int value) {
        var bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    static TrustAnchors anchors() {
        return TrustAnchors.none()
                .with(Vendor.AMD, ARK.certificate())
                .with(Vendor.AMD, ARK_GENOA.certificate())
                .with(Vendor.AMD, ARK_TURIN.certificate());
    }

    static AmdWorld turin() {
        var world = new AmdWorld();
        world.turin = true;
        world.version = 5;
        world.family = 0x1a;
        world.model = 2;
        world.issuer = ASK_TURIN;
        world.root = ARK_TURIN;
        world.productName = "Turin-B0";
        world.tcb = new byte[] {1, 3, 0, 8, 0, 0, 0, 115};
        world.certifiedTcb = world.tcb;
        world.hardwareId = bytes(8, 0x5a);
        world.chipId = Arrays.copyOf(world.hardwareId, 64);
        return world;
    }

    static AmdWorld genoa() {
        var world = new AmdWorld();
        world.model = 0x11;
        world.issuer = ASK_GENOA;
        world.root = ARK_GENOA;
        world.productName = "Genoa-B0";
        return world;
    }

    static AmdWorld vlek() {
        var world = new AmdWorld();
        world.signingKey = 1;
        world.issuer = ASVK;
        world.subject = "CN=SEV-VLEK,O=Imitation";
        world.hardwareId = null;
        return world;
    }

    AttestationResult appraise() {
        return appraise(report(), NOW);
    }

    AttestationResult appraise(byte[] bytes, Instant at) {
        return appraiser().appraise(evidence(bytes), Challenge.of(challenge), at);
    }

    Appraiser appraiser() {
        return new Appraiser(anchors(), new CollateralStore().putAll(endorsements));
    }

    Evidence evidence(byte[] bytes) {
        return new Evidence.SnpReport(
                Bytes.of("report", bytes),
                chainInEvidence
                        ? List.of(der(certificate()), der(issuer.certificate()), der(root.certificate()))
                        : List.of());
    }

    static Bytes der(X509Certificate certificate) {
        try {
            return Bytes.of("certificate", certificate.getEncoded());
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    byte[] report() {
        var body = new Out()
                .u32(version)
                .u32(1)
                .u64(0x30000)
                .zeros(32)
                .u32(0)
                .u32(1)
                .put(tcb)
                .u64(1)
                .u32(signingKey << 2)
                .u32(0)
                .put(Arrays.copyOf(challenge, 64))
                .put(bytes(48, 0x33))
                .zeros(32 + 48 + 48)
                .put(bytes(32, 0x44))
                .put(bytes(32, 0xff))
                .put(tcb)
                .u8(version >= 3 ? family : 0)
                .u8(version >= 3 ? model : 0)
                .zeros(22)
                .put(chipId)
                .put(tcb)
                .zeros(8)
                .put(tcb)
                .zeros(168)
                .bytes();
        report.accept(body);
        var signature = TestAuthority.sign(Signatures.ES384, CHIP, body);
        var out = new Out().put(body);
        for (var half = 0; half < 2; half++) {
            for (var i = 0; i < 48; i++) {
                out.u8(signature[half * 48 + 47 - i]);
            }
            out.zeros(24);
        }
        return signed.apply(out.zeros(512 - 144).bytes());
    }

    private X509Certificate certificate;

    X509Certificate certificate() {
        if (certificate == null) {
            var extensions = new HashMap<String, byte[]>();
            extensions.put("1.3.6.1.4.1.3704.1.1", new byte[] {2, 1, 0});
            extensions.put(
                    "1.3.6.1.4.1.3704.1.2",
                    new Out()
                            .u8(0x16)
                            .u8(productName.length())
                            .put(productName.getBytes(StandardCharsets.US_ASCII))
                            .bytes());
            var order = turin
                    ? new String[] {"9", "1", "2", "3", "4", "5", "6", "8"}
                    : new String[] {"1", "2", "4", "5", "6", "7", "3", "8"};
            for (var i = 0; i < 8; i++) {
                extensions.put("1.3.6.1.4.1.3704.1.3." + order[i], new byte[] {2, 1, certifiedTcb[i]});
            }
            if (hardwareId != null) {
                extensions.put("1.3.6.1.4.1.3704.1.4", hardwareId);
            } else {
                extensions.put("1.3.6.1.4.1.3704.1.5", new byte[] {0x16, 4, 'a', 'c', 'm', 'e'});
            }
            certificate = issuer.leaf(subject, keyInCertificate.getPublic(), extensions, from, to);
        }
        return certificate;
    }
}
