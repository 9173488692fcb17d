package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSASSAPSSparams;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.RFC4519Style;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** A certificate that is to be signed (X.509, RFC 5280): its bytes for the signer, and the whole once there is a signature. */
final class CertificateDraft {
    /*
     * What signs does not leave its place, so a certificate is made in two steps with the signature between them. The alternative, a signer
     * inside BouncyCastle's builder, would wait for the journal on the way.
     */
    private static final int SERIAL_BITS = 127;
    private static final int KEY_ID_BYTES = 20;
    private static final int SALT_BYTES = 32;

    private final TBSCertificate content;
    private final AlgorithmIdentifier signed;

    private CertificateDraft(TBSCertificate content, AlgorithmIdentifier signed) {
        this.content = content;
        this.signed = signed;
    }

    /**
     * Writes one.
     *
     * @param publicKey SubjectPublicKeyInfo
     * @param issuer who signs; empty: the same key
     * @param signer the kind of the key that signs
     */
    static CertificateDraft of(
            Secrets.CertificateRequest request,
            ByteString publicKey,
            List<ByteString> issuer,
            ByteString issuerKey,
            SecretAlgorithm signer,
            Instant now,
            SecureRandom random) {
        var generator = new V3TBSCertificateGenerator();
        var algorithm = algorithm(signer);
        var subject = name(request.subject());
        generator.setSerialNumber(new ASN1Integer(new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1)));
        generator.setSignature(algorithm);
        generator.setIssuer(
                issuer.isEmpty() ? subject : certificate(issuer.getFirst()).getSubject());
        generator.setStartDate(time(now));
        generator.setEndDate(time(now.plus(Duration.ofDays(request.days()))));
        generator.setSubject(subject);
        generator.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(publicKey.toByteArray()));
        try {
            generator.setExtensions(extensions(request, publicKey, issuerKey).generate());
        } catch (IOException e) {
            throw new IllegalStateException("a certificate cannot be encoded: " + e.getMessage(), e);
        }
        return new CertificateDraft(generator.generateTBSCertificate(), algorithm);
    }

    @SuppressWarnings("JavaUtilDate")
    private static Time time(Instant at) {
        return new Time(Date.from(at));
    }

    private static X500Name name(String subject) {
        try {
            return new X500Name(RFC4519Style.INSTANCE, subject);
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "subject: expected a distinguished name such as CN=payments,O=Bank, found what cannot be read");
        }
    }

    private static ExtensionsGenerator extensions(
            Secrets.CertificateRequest request, ByteString publicKey, ByteString issuerKey) throws IOException {
        var extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(request.isAuthority()));
        extensions.addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(
                        request.isAuthority()
                                ? KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature
                                : KeyUsage.digitalSignature));
        extensions.addExtension(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId(publicKey)));
        extensions.addExtension(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(keyId(issuerKey)));
        if (!request.dnsNames().isEmpty()) {
            extensions.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(request.dnsNames().stream()
                            .map(dns -> new GeneralName(GeneralName.dNSName, dns))
                            .toArray(GeneralName[]::new)));
        }
        return extensions;
    }

    /** RFC 7093, 2, method 1. */
    private static byte[] keyId(ByteString publicKey) {
        try {
            var bits = SubjectPublicKeyInfo.getInstance(publicKey.toByteArray())
                    .getPublicKeyData()
                    .getBytes();
            return java.util.Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bits), KEY_ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** How a key of this kind signs: as {@link KeyUse#sign} does. */
    private static AlgorithmIdentifier algorithm(SecretAlgorithm signer) {
        var sha256 = new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256, DERNull.INSTANCE);
        return switch (signer) {
            case EC_P256 -> new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
            case EC_P384 -> new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA384);
            case EC_P521 -> new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA512);
            case SM2 -> new AlgorithmIdentifier(GMObjectIdentifiers.sm2sign_with_sm3);
            case RSA_2048, RSA_3072, RSA_4096 ->
                new AlgorithmIdentifier(
                        PKCSObjectIdentifiers.id_RSASSA_PSS,
                        new RSASSAPSSparams(
                                sha256,
                                new AlgorithmIdentifier(PKCSObjectIdentifiers.id_mgf1, sha256),
                                new ASN1Integer(SALT_BYTES),
                                RSASSAPSSparams.DEFAULT_TRAILER_FIELD));
            case OPAQUE, AES_128, AES_256, SM4 ->
                throw new SecretsProblem(
                        SecretsProblem.Code.INVALID, signer.label() + " does not sign, so it has no certificate");
        };
    }

    static Certificate certificate(ByteString der) {
        return Certificate.getInstance(der.toByteArray());
    }

    /** What has to be signed. */
    byte[] toBeSigned() {
        return encoded(content);
    }

    /** DER. */
    ByteString with(byte[] signature) {
        var parts = new ASN1EncodableVector();
        parts.add(content);
        parts.add(signed);
        parts.add(new DERBitString(signature));
        return ByteString.copyFrom(encoded(new DERSequence(parts)));
    }

    private static byte[] encoded(ASN1Encodable of) {
        try {
            return of.toASN1Primitive().getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new IllegalStateException("a certificate cannot be encoded: " + e.getMessage(), e);
        }
    }
}
