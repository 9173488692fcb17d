package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** An AWS of its own: a root, a zone, an instance, an enclave; a test changes one thing. */
final class NitroWorld {
    static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    static final TestAuthority ROOT = TestAuthority.root("CN=aws.nitro-enclaves,O=Imitation", "secp384r1");
    static final TestAuthority ZONE = ROOT.authority("CN=zonal.nitro-enclaves,O=Imitation", "secp384r1");
    static final TestAuthority INSTANCE = ZONE.authority("CN=i-1.nitro-enclaves,O=Imitation", "secp384r1");
    private static final KeyPair ENCLAVE = TestAuthority.ec("secp384r1");

    TestAuthority issuer = INSTANCE;
    List<X509Certificate> bundle = List.of(ROOT.certificate(), ZONE.certificate(), INSTANCE.certificate());
    KeyPair keyInCertificate = ENCLAVE;
    Instant from = NOW.minusSeconds(60);
    Instant to = NOW.plusSeconds(3 * 3600);
    long timestamp = NOW.toEpochMilli();
    String digest = "SHA384";
    byte[] pcr0 = AmdWorld.bytes(48, 0x11);
    int pcrLength = 48;
    int pcrCount = 3;
    byte[] nonce = "a nonce of this one time".getBytes(StandardCharsets.US_ASCII);
    byte[] challenge = nonce;
    int algorithm = -35;
    String algorithmName = Signatures.ES384;
    UnaryOperator<byte[]> payload = bytes -> bytes;
    UnaryOperator<byte[]> document = bytes -> bytes;

    static TrustAnchors anchors() {
        return TrustAnchors.none().with(Vendor.AWS, ROOT.certificate());
    }

    static Appraiser appraiser() {
        return new Appraiser(anchors(), new CollateralStore());
    }

    AttestationResult appraise() {
        return appraise(document(), NOW);
    }

    AttestationResult appraise(byte[] bytes, Instant at) {
        return appraiser()
                .appraise(new Evidence.NitroDocument(Bytes.of("document", bytes)), Challenge.of(challenge), at);
    }

    byte[] document() {
        var certificate = issuer.leaf("CN=i-1-enc1,O=Imitation", keyInCertificate.getPublic(), Map.of(), from, to);
        var out = new CborOut().map(8);
        out.text("module_id").text("i-1-enc1");
        out.text("digest").text(digest);
        out.text("timestamp").number(timestamp);
        out.text("pcrs").map(pcrCount);
        for (var i = 0; i < pcrCount; i++) {
            out.number(i).bytes(i == 0 ? pcr0 : AmdWorld.bytes(pcrLength, i));
        }
        out.text("certificate").bytes(encoded(certificate));
        out.text("cabundle").array(bundle.size());
        for (var each : bundle) {
            out.bytes(encoded(each));
        }
        out.text("user_data").nothing();
        out.text("nonce").bytes(nonce);
        return document.apply(CborOut.sign1(algorithm, algorithmName, ENCLAVE, payload.apply(out.written())));
    }

    static byte[] encoded(X509Certificate certificate) {
        return AmdWorld.der(certificate).copy();
    }
}
