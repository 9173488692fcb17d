package dev.plinth.trust;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

/** Which keys identities have, and how such a key signs. */
public enum KeyAlgorithm {
    /** P-256 with ECDSA and SHA-256; verifies keys on the JDK's other curves, too. */
    P256("p256", "secp256r1", "SHA256withECDSA"),
    /** SM2 with SM3 (GB/T 32918, GB/T 20518), with the standard's user id. */
    SM2("sm2", "sm2p256v1", "SM3withSM2");

    private final String label;
    private final String curve;
    private final String signature;

    KeyAlgorithm(String label, String curve, String signature) {
        this.label = label;
        this.curve = curve;
        this.signature = signature;
    }

    /** The JDK knows nothing of SM2, so what is about it asks this library; loaded when the first asks. */
    private static final class Library {
        static final Provider PROVIDER = new BouncyCastleProvider();
    }

    private Optional<Provider> library() {
        return this == SM2 ? Optional.of(Library.PROVIDER) : Optional.empty();
    }

    /** As configurations name it. */
    public String label() {
        return label;
    }

    /**
     * The one of this name.
     *
     * @throws IllegalArgumentException if there is none; it says what was expected
     */
    public static KeyAlgorithm parse(String label) {
        return Arrays.stream(values())
                .filter(one -> one.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("p256 or sm2, not '" + label + "'"));
    }

    /** Of a public key, as SubjectPublicKeyInfo. */
    public static KeyAlgorithm of(SubjectPublicKeyInfo key) {
        return GMObjectIdentifiers.sm2p256v1.equals(key.getAlgorithm().getParameters()) ? SM2 : P256;
    }

    public static KeyAlgorithm of(PublicKey key) {
        return of(SubjectPublicKeyInfo.getInstance(key.getEncoded()));
    }

    public static KeyAlgorithm of(PrivateKey key) {
        return of(PrivateKeyInfo.getInstance(key.getEncoded()));
    }

    /** Of a private key, as PKCS 8. */
    public static KeyAlgorithm of(PrivateKeyInfo key) {
        return GMObjectIdentifiers.sm2p256v1.equals(key.getPrivateKeyAlgorithm().getParameters()) ? SM2 : P256;
    }

    /** A pair of keys. */
    public KeyPair make(SecureRandom random) {
        try {
            var library = library();
            var generator = library.isPresent()
                    ? KeyPairGenerator.getInstance("EC", library.get())
                    : KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("keys on " + curve + " cannot be made: " + e.getMessage(), e);
        }
    }

    private KeyFactory factory() throws GeneralSecurityException {
        var library = library();
        return library.isPresent() ? KeyFactory.getInstance("EC", library.get()) : KeyFactory.getInstance("EC");
    }

    /**
     * Reads a private key.
     *
     * @throws GeneralSecurityException if it is no such key
     */
    public PrivateKey privateKey(byte[] pkcs8) throws GeneralSecurityException {
        return factory().generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    /**
     * Reads a public key.
     *
     * @throws GeneralSecurityException if it is no such key, or its point is not on the curve
     */
    public PublicKey publicKey(byte[] spki) throws GeneralSecurityException {
        return factory().generatePublic(new X509EncodedKeySpec(spki));
    }

    /** Signs and verifies as this algorithm does; of one thread. */
    public Signature signature() {
        try {
            var library = library();
            return library.isPresent()
                    ? Signature.getInstance(signature, library.get())
                    : Signature.getInstance(signature);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("nothing here signs with " + signature, e);
        }
    }

    /** Signs certificates. */
    public ContentSigner signer(PrivateKey key) {
        try {
            var builder = new JcaContentSignerBuilder(signature);
            library().ifPresent(builder::setProvider);
            return builder.build(key);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("this key does not sign with " + signature + ": " + e.getMessage(), e);
        }
    }

    /** Verifies certificates and requests for them. */
    public ContentVerifierProvider verifier(PublicKey key) throws OperatorCreationException {
        var builder = new JcaContentVerifierProviderBuilder();
        library().ifPresent(builder::setProvider);
        return builder.build(key);
    }
}
