package dev.plinth.bench.trust;

import dev.plinth.trust.CollateralStore;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.IntelCollateral;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * An authority that imitates Intel's: platforms with a PCK certificate and an attestation key of their own, whose SGX quotes (version
 * 3, ECDSA) differ in everything that is signed, and the collateral for all of them. Its root is trusted nowhere but here.
 */
@SuppressWarnings("JavaUtilDate") // BouncyCastle's builders know no other.
final class ImitatedIntel {
    static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final Instant FROM = NOW.minus(Duration.ofDays(300));
    private static final Instant TO = NOW.plus(Duration.ofDays(3000));
    private static final Instant NEXT_UPDATE = NOW.plus(Duration.ofDays(30));
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final String SIGNATURE_P1363 = "SHA256withECDSAinP1363Format";
    private static final String SGX_EXTENSION = "1.2.840.113741.1.13.1";
    private static final String FMSPC = "00906ED50000";
    private static final int REPORT_BYTES = 384;
    private static final int REPORT_DATA_AT = 320;
    private static final byte[] QE_SIGNER = filled(32, 0xab);

    private record Authority(String name, KeyPair keys, X509Certificate certificate) {}

    private final Authority root;
    private final Authority platforms;
    private final Authority tcbSigner;
    private long serial = 1;

    ImitatedIntel() throws GeneralSecurityException, IOException {
        root = authority("CN=Intel SGX Root CA,O=Imitation", Optional.empty(), true);
        platforms = authority("CN=Intel SGX PCK Platform CA,O=Imitation", Optional.of(root), true);
        tcbSigner = authority("CN=Intel SGX TCB Signing,O=Imitation", Optional.of(root), false);
    }

    TrustAnchors anchors() {
        return TrustAnchors.none().with(Vendor.INTEL, root.certificate());
    }

    /** What all its quotes are appraised with. */
    CollateralStore collateral() throws GeneralSecurityException {
        var chain = pem(tcbSigner.certificate()) + pem(root.certificate());
        var info = tcbInfo().getBytes(StandardCharsets.UTF_8);
        var identity = qeIdentity().getBytes(StandardCharsets.UTF_8);
        var store = new CollateralStore();
        store.put(IntelCollateral.tcbInfo(info, hex(sign(tcbSigner.keys(), info)), chain));
        store.put(IntelCollateral.qeIdentity(identity, hex(sign(tcbSigner.keys(), identity)), chain));
        store.put(new Endorsement.RevocationList(crl(root)));
        store.put(new Endorsement.RevocationList(crl(platforms)));
        return store;
    }

    /** A quote of a platform of its own, which repeats the challenge. */
    byte[] quote(byte[] challenge) throws GeneralSecurityException, IOException {
        var pckKeys = keys();
        var attestation = keys();
        var pck = certificate(
                "CN=Intel SGX PCK Certificate,O=Imitation",
                pckKeys.getPublic(),
                Optional.of(platforms),
                pckKeys,
                false);

        var signed = little(48 + REPORT_BYTES)
                .putShort((short) 3)
                .putShort((short) 2)
                .put(12, HexFormat.of().parseHex("939a7233f79c4ca9940a0db3957f0607"))
                .put(48, report(0x11, 0x22, 0, 0, challenge))
                .array();
        var point = point(attestation.getPublic());
        var authentication = new byte[32];
        var qe = report(
                0x33, 0xab, 1, 8, MessageDigest.getInstance("SHA-256").digest(concatenated(point, authentication)));
        var chain =
                (pem(pck) + pem(platforms.certificate()) + pem(root.certificate())).getBytes(StandardCharsets.US_ASCII);
        var data = little(64 + 64 + REPORT_BYTES + 64 + 2 + authentication.length + 2 + 4 + chain.length)
                .put(sign(attestation, signed))
                .put(point)
                .put(qe)
                .put(sign(pckKeys, qe))
                .putShort((short) authentication.length)
                .put(authentication)
                .putShort((short) 5)
                .putInt(chain.length)
                .put(chain)
                .array();
        return concatenated(signed, little(4).putInt(data.length).array(), data);
    }

    /** An enclave's report (Intel SDM, volume 3D, REPORT). */
    private static byte[] report(int enclave, int signer, int product, int version, byte[] data) {
        var report = new byte[REPORT_BYTES];
        report[48] = (byte) (signer == 0xab ? 0x11 : 0x05); // attributes: INIT, and what the quoting enclave has
        Arrays.fill(report, 64, 96, (byte) enclave);
        Arrays.fill(report, 128, 160, (byte) signer);
        report[256] = (byte) product;
        report[258] = (byte) version;
        System.arraycopy(data, 0, report, REPORT_DATA_AT, data.length);
        return report;
    }

    private static String tcbInfo() {
        return """
                {"id":"SGX","version":3,"issueDate":"%s","nextUpdate":"%s","fmspc":"%s","pceId":"0000","tcbType":0,\
                "tcbEvaluationDataNumber":17,"tcbLevels":[{"tcb":{"sgxtcbcomponents":[%s],"pcesvn":13},\
                "tcbDate":"2025-01-01T00:00:00Z","tcbStatus":"UpToDate"}]}""".formatted(
                        NOW.minus(Duration.ofDays(1)),
                        NEXT_UPDATE,
                        FMSPC,
                        String.join(",", java.util.Collections.nCopies(16, "{\"svn\":2}")));
    }

    private static String qeIdentity() {
        return """
                {"id":"QE","version":2,"issueDate":"%s","nextUpdate":"%s","tcbEvaluationDataNumber":17,\
                "miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"11000000000000000000000000000000",\
                "attributesMask":"FBFFFFFFFFFFFFFF0000000000000000","mrsigner":"%s","isvprodid":1,\
                "tcbLevels":[{"tcb":{"isvsvn":8},"tcbDate":"2025-01-01T00:00:00Z","tcbStatus":"UpToDate"}]}""".formatted(NOW.minus(Duration.ofDays(1)), NEXT_UPDATE, hex(QE_SIGNER));
    }

    private Authority authority(String name, Optional<Authority> issuer, boolean signsCertificates)
            throws GeneralSecurityException, IOException {
        var own = keys();
        return new Authority(name, own, certificate(name, own.getPublic(), issuer, own, signsCertificates));
    }

    private X509Certificate certificate(
            String name, PublicKey key, Optional<Authority> issuer, KeyPair own, boolean signsCertificates)
            throws GeneralSecurityException, IOException {
        var builder = new JcaX509v3CertificateBuilder(
                new X500Name(issuer.map(Authority::name).orElse(name)),
                BigInteger.valueOf(serial++),
                Date.from(FROM),
                Date.from(TO),
                new X500Name(name),
                key);
        if (signsCertificates) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        } else {
            builder.addExtension(new ASN1ObjectIdentifier(SGX_EXTENSION), false, sgxExtension());
        }
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(signer(issuer.map(Authority::keys).orElse(own))));
    }

    private static org.bouncycastle.operator.ContentSigner signer(KeyPair keys) {
        try {
            return new JcaContentSignerBuilder(SIGNATURE).build(keys.getPrivate());
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("this JDK has no " + SIGNATURE, e);
        }
    }

    private static X509CRL crl(Authority authority) throws GeneralSecurityException {
        return new JcaX509CRLConverter()
                .getCRL(new JcaX509v2CRLBuilder(authority.certificate().getSubjectX500Principal(), Date.from(FROM))
                        .setNextUpdate(Date.from(NEXT_UPDATE))
                        .build(signer(authority.keys())));
    }

    /** The platform's level, as it stands in a PCK certificate. */
    private byte[] sgxExtension() throws IOException {
        var tcb = new ASN1EncodableVector();
        for (int i = 0; i < 16; i++) {
            tcb.add(field(".2." + (i + 1), new ASN1Integer(5)));
        }
        tcb.add(field(".2.17", new ASN1Integer(13)));
        tcb.add(field(".2.18", new DEROctetString(filled(16, 5))));
        var fields = new ASN1EncodableVector();
        fields.add(field(".1", new DEROctetString(little(16).putLong(serial).array())));
        fields.add(field(".2", new DERSequence(tcb)));
        fields.add(field(".3", new DEROctetString(new byte[2])));
        fields.add(field(".4", new DEROctetString(HexFormat.of().parseHex(FMSPC))));
        return new DERSequence(fields).getEncoded();
    }

    private static DERSequence field(String oid, ASN1Encodable value) {
        return new DERSequence(new ASN1Encodable[] {new ASN1ObjectIdentifier(SGX_EXTENSION + oid), value});
    }

    static KeyPair keys() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** r and s, each of 32 bytes. */
    static byte[] sign(KeyPair keys, byte[] message) throws GeneralSecurityException {
        var signature = Signature.getInstance(SIGNATURE_P1363);
        signature.initSign(keys.getPrivate());
        signature.update(message);
        return signature.sign();
    }

    private static byte[] point(PublicKey key) {
        var point = ((ECPublicKey) key).getW();
        return concatenated(coordinate(point.getAffineX()), coordinate(point.getAffineY()));
    }

    private static byte[] coordinate(BigInteger number) {
        var bytes = number.toByteArray();
        var out = new byte[32];
        int length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, out, 32 - length, length);
        return out;
    }

    private static String pem(X509Certificate certificate) throws GeneralSecurityException {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] filled(int length, int value) {
        var bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] concatenated(byte[]... parts) {
        var whole = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (var part : parts) {
            whole.put(part);
        }
        return whole.array();
    }
}
