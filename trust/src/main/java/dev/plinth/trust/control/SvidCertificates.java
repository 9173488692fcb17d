package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** X.509-SVIDs and the certificates of those who sign them (X509-SVID.md). */
final class SvidCertificates {
    private static final int SERIAL_BITS = 127;

    /** So that a machine whose clock is a little behind does not refuse what is new. */
    private static final int BACKDATED_SECONDS = 10;

    private SvidCertificates() {}

    /** A signing certificate (4.1): it signs certificates and revocation lists, and nothing else. */
    static ByteString authority(
            String domain, PublicKey key, PrivateKey own, Instant from, Instant to, SecureRandom random) {
        var name = new X500Name("O=Plinth,CN=" + domain.replaceAll("[^a-z0-9.-]", "-"));
        var builder = builder(name, name, key, from, to, random);
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(Extension.subjectAlternativeName, false, uri(SpiffeId.ofDomain(domain)));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
        } catch (IOException | java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("a certificate cannot be made: " + e.getMessage(), e);
        }
        return signed(builder, own);
    }

    /** A leaf (4.2, 4.3): it signs no certificate, and its one URI is the SPIFFE ID. */
    static ByteString leaf(
            SpiffeId id,
            PublicKey key,
            X509Certificate issuer,
            PrivateKey issuerKey,
            Instant from,
            Instant to,
            SecureRandom random) {
        var builder = builder(
                X500Name.getInstance(issuer.getSubjectX500Principal().getEncoded()),
                new X500Name("O=Plinth"),
                key,
                from,
                to,
                random);
        try {
            var extensions = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    extensions.createAuthorityKeyIdentifier(issuer.getPublicKey()));
            builder.addExtension(Extension.subjectAlternativeName, false, uri(id));
        } catch (IOException | java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("a certificate cannot be made: " + e.getMessage(), e);
        }
        return signed(builder, issuerKey);
    }

    private static GeneralNames uri(SpiffeId id) {
        return new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()));
    }

    // The library knows no other time.
    @SuppressWarnings("JavaUtilDate")
    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Instant from, Instant to, SecureRandom random) {
        return new X509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, random).setBit(0),
                Date.from(from.minusSeconds(BACKDATED_SECONDS)),
                Date.from(to),
                subject,
                SubjectPublicKeyInfo.getInstance(key.getEncoded()));
    }

    private static ByteString signed(X509v3CertificateBuilder builder, PrivateKey key) {
        try {
            return ByteString.copyFrom(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key))
                    .getEncoded());
        } catch (IOException | OperatorCreationException e) {
            throw new IllegalStateException("a certificate cannot be signed: " + e.getMessage(), e);
        }
    }

    /** SubjectPublicKeyInfo. */
    static ByteString publicKey(ByteString der) {
        return ByteString.copyFrom(parse(der).getPublicKey().getEncoded());
    }

    /** What a leaf says, if this key has signed it and it is good now; empty if not, or if it is no leaf with one SPIFFE ID. */
    static Optional<Issuer.Own> signedBy(PublicKey key, ByteString der, Instant now) {
        try {
            var leaf = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der.newInput());
            leaf.verify(key);
            var names = Optional.ofNullable(leaf.getSubjectAlternativeNames()).orElse(List.of());
            if (names.size() != 1
                    || leaf.getBasicConstraints() >= 0
                    || now.isBefore(leaf.getNotBefore().toInstant())
                    || !now.isBefore(leaf.getNotAfter().toInstant())) {
                return Optional.empty();
            }
            return Optional.of(new Issuer.Own(
                    SpiffeId.parse(String.valueOf(names.iterator().next().get(1))), leaf.getPublicKey()));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static X509Certificate parse(ByteString der) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der.newInput());
        } catch (CertificateException e) {
            throw new IllegalStateException("not a certificate: " + e.getMessage(), e);
        }
    }
}
