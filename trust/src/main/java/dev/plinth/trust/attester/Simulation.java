package dev.plinth.trust.attester;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * An attester of no hardware at all, for development: its statements are signed like real ones, under a root of its own, and are marked as
 * a simulation wherever they are looked at. Nobody trusts the root until an owner says so (vendor {@code simulation}), and no policy lets
 * such evidence pass that does not name the waiver {@code simulated}.
 */
public final class Simulation {
    /*
     * A statement is a COSE_Sign1 (RFC 9052, 4.2) with ES256 over a map of chain, challenge and measurement, as the verifier of simulated
     * evidence reads it. The few forms of CBOR that this takes are written here.
     */
    private static final Duration LIFE = Duration.ofDays(30);
    private static final X500Name ROOT = new X500Name("O=Plinth,CN=Simulation of hardware");
    private static final int MAJOR_BYTES = 2;
    private static final int MAJOR_TEXT = 3;
    private static final int MAJOR_ARRAY = 4;
    private static final int MAJOR_MAP = 5;

    /** A map with ES256 (-7) as its algorithm (1). */
    private static final byte[] PROTECTED = {(byte) 0xa1, 0x01, 0x26};

    private final byte[] root;
    private final byte[] leaf;
    private final PrivateKey key;

    private Simulation(byte[] root, byte[] leaf, PrivateKey key) {
        this.root = root;
        this.leaf = leaf;
        this.key = key;
    }

    /** Makes one with keys of its own, which live as long as it does. */
    public static Simulation make() {
        var authority = IdentityRequest.makeKeys();
        var keys = IdentityRequest.makeKeys();
        return new Simulation(
                certificate(ROOT, authority.getPublic(), true, authority),
                certificate(new X500Name("CN=No hardware"), keys.getPublic(), false, authority),
                keys.getPrivate());
    }

    /** Of its root, SHA-256 in hexadecimal: what an owner has to trust. */
    public String fingerprint() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(root));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /**
     * Says that a program with this measurement answers this challenge.
     *
     * @param challenge at most 64 KiB; {@code measurement} likewise
     */
    public byte[] statement(byte[] challenge, byte[] measurement) {
        var payload = new ByteArrayOutputStream();
        head(payload, MAJOR_MAP, 3);
        text(payload, "chain");
        head(payload, MAJOR_ARRAY, 2);
        bytes(payload, leaf);
        bytes(payload, root);
        text(payload, "challenge");
        bytes(payload, challenge);
        text(payload, "measurement");
        bytes(payload, measurement);

        var signed = new ByteArrayOutputStream();
        head(signed, MAJOR_ARRAY, 4);
        text(signed, "Signature1");
        bytes(signed, PROTECTED);
        bytes(signed, new byte[0]);
        bytes(signed, payload.toByteArray());

        var message = new ByteArrayOutputStream();
        head(message, MAJOR_ARRAY, 4);
        bytes(message, PROTECTED);
        head(message, MAJOR_MAP, 0);
        bytes(message, payload.toByteArray());
        bytes(message, sign(signed.toByteArray()));
        return message.toByteArray();
    }

    private byte[] sign(byte[] message) {
        try {
            var signer = Signature.getInstance("SHA256withECDSAinP1363Format");
            signer.initSign(key);
            signer.update(message);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK does not sign with ES256", e);
        }
    }

    private static void text(ByteArrayOutputStream out, String text) {
        var utf8 = text.getBytes(StandardCharsets.UTF_8);
        head(out, MAJOR_TEXT, utf8.length);
        out.writeBytes(utf8);
    }

    private static void bytes(ByteArrayOutputStream out, byte[] bytes) {
        head(out, MAJOR_BYTES, bytes.length);
        out.writeBytes(bytes);
    }

    /** In the shortest form, as it must be. */
    private static void head(ByteArrayOutputStream out, int major, int length) {
        if (length < 24) {
            out.write(major << 5 | length);
        } else if (length < 1 << 8) {
            out.write(major << 5 | 24);
            out.write(length);
        } else if (length < 1 << 16) {
            out.write(major << 5 | 25);
            out.write(length >>> 8);
            out.write(length);
        } else {
            throw new IllegalArgumentException("expected at most 65535 bytes, found " + length);
        }
    }

    @SuppressWarnings("JavaUtilDate") // The library knows no other time.
    private static byte[] certificate(X500Name subject, PublicKey key, boolean authority, KeyPair by) {
        var now = Instant.now();
        var builder = new X509v3CertificateBuilder(
                ROOT,
                new BigInteger(127, new SecureRandom()).setBit(0),
                Date.from(now.minusSeconds(60)),
                Date.from(now.plus(LIFE)),
                subject,
                SubjectPublicKeyInfo.getInstance(key.getEncoded()));
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
            return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate()))
                    .getEncoded();
        } catch (java.io.IOException | OperatorCreationException e) {
            throw new IllegalStateException("a certificate cannot be signed: " + e.getMessage(), e);
        }
    }
}
