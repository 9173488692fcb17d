package dev.plinth.cli;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Certifies endorsement keys of simulated TPMs, as a maker of TPMs does in its factory. It lives as long as its drill. */
final class SimulatedMaker {
    private static final X500Name NAME = new X500Name("O=Plinth,CN=Maker of simulated TPMs");
    private static final Duration LIFE = Duration.ofHours(1);

    private final KeyPair keys;
    private final byte[] certificate;
    private final SecureRandom random;

    private SimulatedMaker(KeyPair keys, byte[] certificate, SecureRandom random) {
        this.keys = keys;
        this.certificate = certificate;
        this.random = random;
    }

    static SimulatedMaker make() throws IOException {
        var random = new SecureRandom();
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            var keys = generator.generateKeyPair();
            return new SimulatedMaker(keys, signed(NAME, keys.getPublic(), true, keys, random), random);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no P-256", e);
        }
    }

    /** Its own, DER. */
    byte[] certificate() {
        return certificate.clone();
    }

    /** The certificate of an endorsement key, and its own. */
    List<byte[]> certify(PublicKey endorsement) throws IOException {
        return List.of(signed(new X500Name("CN=Simulated TPM"), endorsement, false, keys, random), certificate());
    }

    @SuppressWarnings("JavaUtilDate") // The library knows no other time.
    private static byte[] signed(X500Name subject, PublicKey key, boolean authority, KeyPair by, SecureRandom random)
            throws IOException {
        var now = Instant.now();
        var builder = new X509v3CertificateBuilder(
                NAME,
                new BigInteger(127, random).setBit(0),
                Date.from(now.minusSeconds(60)),
                Date.from(now.plus(LIFE)),
                subject,
                SubjectPublicKeyInfo.getInstance(key.getEncoded()));
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
        builder.addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.keyEncipherment));
        try {
            return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate()))
                    .getEncoded();
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("a certificate cannot be signed: " + e.getMessage(), e);
        }
    }
}
