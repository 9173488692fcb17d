package dev.plinth.trust;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority that tests make up, in the place of a vendor's. */
@SuppressWarnings("JavaUtilDate") // BouncyCastle's builders know no other.
record TestAuthority(KeyPair keys, X509Certificate certificate, String algorithm) {
    static final Instant FROM = Instant.parse("2020-01-01T00:00:00Z");
    static final Instant TO = Instant.parse("2040-01-01T00:00:00Z");
    private static final AtomicLong SERIAL = new AtomicLong(1000);

    static KeyPair ec(String curve) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static KeyPair rsa() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static TestAuthority root(String name, String curve) {
        return root(name, ec(curve), curve.equals("secp256r1") ? "SHA256withECDSA" : "SHA384withECDSA");
    }

    static TestAuthority root(String name, KeyPair keys, String algorithm) {
        var self = new TestAuthority(keys, null, algorithm);
        return new TestAuthority(keys, self.issue(name, name, keys.getPublic(), FROM, TO, Map.of(), true), algorithm);
    }

    TestAuthority authority(String name, String curve) {
        var own = ec(curve);
        return new TestAuthority(
                own,
                issue(issuerName(), name, own.getPublic(), FROM, TO, Map.of(), true),
                curve.equals("secp256r1") ? "SHA256withECDSA" : "SHA384withECDSA");
    }

    X509Certificate leaf(String name, PublicKey key, Map<String, byte[]> extensions) {
        return issue(issuerName(), name, key, FROM, TO, extensions, false);
    }

    X509Certificate leaf(String name, PublicKey key, Map<String, byte[]> extensions, Instant from, Instant to) {
        return issue(issuerName(), name, key, from, to, extensions, false);
    }

    private String issuerName() {
        return certificate.getSubjectX500Principal().getName();
    }

    private X509Certificate issue(
            String issuer,
            String subject,
            PublicKey key,
            Instant from,
            Instant to,
            Map<String, byte[]> extensions,
            boolean authority) {
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    certificate == null
                            ? new X500Name(issuer)
                            : X500Name.getInstance(
                                    certificate.getSubjectX500Principal().getEncoded()),
                    BigInteger.valueOf(SERIAL.incrementAndGet()),
                    Date.from(from),
                    Date.from(to),
                    new X500Name(subject),
                    key);
            if (authority) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            }
            for (var extension : extensions.entrySet()) {
                builder.addExtension(new ASN1ObjectIdentifier(extension.getKey()), false, extension.getValue());
            }
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer()));
        } catch (GeneralSecurityException | OperatorCreationException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private ContentSigner signer() throws OperatorCreationException {
        return new JcaContentSignerBuilder(algorithm).build(keys.getPrivate());
    }

    X509CRL crl(Instant from, Instant to, List<X509Certificate> revoked) {
        try {
            var builder = new JcaX509v2CRLBuilder(certificate.getSubjectX500Principal(), Date.from(from));
            builder.setNextUpdate(Date.from(to));
            for (var each : revoked) {
                builder.addCRLEntry(each.getSerialNumber(), Date.from(from), 1);
            }
            return new JcaX509CRLConverter().getCRL(builder.build(signer()));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    static String pem(X509Certificate... certificates) {
        try {
            var text = new StringBuilder();
            for (var certificate : certificates) {
                text.append("-----BEGIN CERTIFICATE-----\n")
                        .append(java.util.Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(certificate.getEncoded()))
                        .append("\n-----END CERTIFICATE-----\n");
            }
            return text.toString();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] sign(String algorithm, KeyPair keys, byte[]... parts) {
        try {
            var signature = java.security.Signature.getInstance(algorithm);
            signature.initSign(keys.getPrivate());
            for (var part : parts) {
                signature.update(part);
            }
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
