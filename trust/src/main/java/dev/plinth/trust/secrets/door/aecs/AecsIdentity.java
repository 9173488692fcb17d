package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.trust.secrets.SecretsProblem;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import javax.crypto.Cipher;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/** A key pair that the server signs with, for this process's life: as AECS, which makes one when it starts. */
sealed interface AecsIdentity {
    /** In the form of {@link EnvelopeKey}. */
    String pem();

    /** RSA with SHA-256 (PKCS 1, 1.5), or SM2 with SM3. */
    byte[] sign(byte[] message, SecureRandom random);

    /** RSA of 2,048 bits. */
    static Rsa rsa(SecureRandom random) {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2_048, random);
            var pair = generator.generateKeyPair();
            var pkcs1 = SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded())
                    .parsePublicKey()
                    .toASN1Primitive()
                    .getEncoded();
            return new Rsa(PemText.text("RSA PUBLIC KEY", pkcs1), pair.getPrivate());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this JDK makes no RSA keys: " + e.getMessage(), e);
        }
    }

    static Sm2 sm2(SecureRandom random) {
        try {
            var generator = new ECKeyPairGenerator();
            generator.init(new ECKeyGenerationParameters(
                    ECNamedDomainParameters.lookup(GMObjectIdentifiers.sm2p256v1), random));
            var pair = generator.generateKeyPair();
            return new Sm2(
                    PemText.text(
                            "PUBLIC KEY",
                            SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(pair.getPublic())
                                    .getEncoded()),
                    (ECPrivateKeyParameters) pair.getPrivate());
        } catch (IOException e) {
            throw new IllegalStateException("a key that was made cannot be encoded", e);
        }
    }

    /** What requests to the server are encrypted to, too. */
    record Rsa(String pem, PrivateKey key) implements AecsIdentity {
        @Override
        public byte[] sign(byte[] message, SecureRandom random) {
            try {
                var signature = Signature.getInstance("SHA256withRSA");
                signature.initSign(key, random);
                signature.update(message);
                return signature.sign();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JDK cannot sign with RSA: " + e.getMessage(), e);
            }
        }

        /** @throws SecretsProblem if it was not encrypted to this key */
        byte[] unwrap(byte[] wrapped) {
            try {
                var cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
                cipher.init(Cipher.DECRYPT_MODE, key);
                return cipher.doFinal(wrapped);
            } catch (GeneralSecurityException e) {
                throw new SecretsProblem(
                        SecretsProblem.Code.INVALID,
                        "req_enc: expected an envelope to the key that GetAecsStatus of this server gives since it started");
            }
        }

        @Override
        public String toString() {
            return "an identity, RSA";
        }
    }

    /** For whom shows a key of SM2. */
    record Sm2(String pem, ECPrivateKeyParameters key) implements AecsIdentity {
        @Override
        public byte[] sign(byte[] message, SecureRandom random) {
            try {
                var signer = new SM2Signer();
                signer.init(true, new ParametersWithRandom(key, random));
                signer.update(message, 0, message.length);
                return signer.generateSignature();
            } catch (CryptoException e) {
                throw new IllegalStateException("SM2 cannot sign", e);
            }
        }

        @Override
        public String toString() {
            return "an identity, SM2";
        }
    }
}
