package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import dev.plinth.trust.KeyAlgorithm;
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
import java.util.Arrays;
import java.util.Date;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.CertException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.RuntimeOperatorException;

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
        return signed(builder, KeyAlgorithm.of(key), own);
    }

    /** A leaf (4.2, 4.3): it signs no certificate, and its one URI is the SPIFFE ID. */
    static ByteString leaf(
            SpiffeId id,
            PublicKey key,
            X509CertificateHolder issuer,
            PrivateKey issuerKey,
            Instant from,
            Instant to,
            SecureRandom random) {
        var builder = builder(issuer.getSubject(), new X500Name("O=Plinth"), key, from, to, random);
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
                    extensions.createAuthorityKeyIdentifier(issuer.getSubjectPublicKeyInfo()));
            builder.addExtension(Extension.subjectAlternativeName, false, uri(id));
        } catch (IOException | java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("a certificate cannot be made: " + e.getMessage(), e);
        }
        return signed(builder, KeyAlgorithm.of(issuer.getSubjectPublicKeyInfo()), issuerKey);
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

    private static ByteString signed(X509v3CertificateBuilder builder, KeyAlgorithm algorithm, PrivateKey key) {
        try {
            return ByteString.copyFrom(builder.build(algorithm.signer(key)).getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException("a certificate cannot be signed: " + e.getMessage(), e);
        }
    }

    /** SubjectPublicKeyInfo. */
    static ByteString publicKey(ByteString der) {
        try {
            return ByteString.copyFrom(read(der).getSubjectPublicKeyInfo().getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException("a public key cannot be encoded: " + e.getMessage(), e);
        }
    }

    /** What a leaf says, if this key has signed it and it is good now; empty if not, or if it is no leaf with one SPIFFE ID. */
    @SuppressWarnings("JavaUtilDate") // The library knows no other time.
    static Optional<Issuer.Own> signedBy(PublicKey key, ByteString der, Instant now) {
        try {
            var leaf = new X509CertificateHolder(der.toByteArray());
            // The library verifies what it would have written: what was written otherwise is not what was signed.
            if (!Arrays.equals(leaf.toASN1Structure().getEncoded(ASN1Encoding.DER), der.toByteArray())
                    || !leaf.isSignatureValid(KeyAlgorithm.of(key).verifier(key))) {
                return Optional.empty();
            }
            var constraints = BasicConstraints.fromExtensions(leaf.getExtensions());
            var names = GeneralNames.fromExtensions(leaf.getExtensions(), Extension.subjectAlternativeName);
            if (names == null
                    || names.getNames().length != 1
                    || names.getNames()[0].getTagNo() != GeneralName.uniformResourceIdentifier
                    || (constraints != null && constraints.isCA())
                    || now.isBefore(leaf.getNotBefore().toInstant())
                    || !now.isBefore(leaf.getNotAfter().toInstant())) {
                return Optional.empty();
            }
            var own = leaf.getSubjectPublicKeyInfo();
            return Optional.of(new Issuer.Own(
                    SpiffeId.parse(names.getNames()[0].getName().toString()),
                    KeyAlgorithm.of(own).publicKey(own.getEncoded())));
        } catch (IOException
                | CertException
                | OperatorCreationException
                | RuntimeOperatorException
                | GeneralSecurityException
                | IllegalArgumentException
                | IllegalStateException e) {
            return Optional.empty();
        }
    }

    /** A certificate of whichever algorithm. */
    static X509CertificateHolder read(ByteString der) {
        try {
            return new X509CertificateHolder(der.toByteArray());
        } catch (IOException e) {
            throw new IllegalStateException("not a certificate: " + e.getMessage(), e);
        }
    }

    /** As the JDK has it, which does not know SM2. */
    static X509Certificate parse(ByteString der) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der.newInput());
        } catch (CertificateException e) {
            throw new IllegalStateException("not a certificate: " + e.getMessage(), e);
        }
    }
}
