package dev.plinth.trust.secrets;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What kind of secret it is. The names are stable: they are stored, and people write them ({@code ec-p256}). */
public enum SecretAlgorithm {
    /** Bytes that mean something to whoever gets them. */
    OPAQUE(Use.NONE),
    AES_128(Use.CIPHER),
    AES_256(Use.CIPHER),
    SM4(Use.CIPHER),
    /** Signs with PSS and SHA-256, decrypts with OAEP and SHA-256. */
    RSA_2048(Use.SIGN_AND_DECRYPT),
    RSA_3072(Use.SIGN_AND_DECRYPT),
    RSA_4096(Use.SIGN_AND_DECRYPT),
    /** Signs with ECDSA and the SHA-2 of the curve's size. */
    EC_P256(Use.SIGN),
    EC_P384(Use.SIGN),
    EC_P521(Use.SIGN),
    /** Signs with SM2 and SM3, decrypts with SM2 (C1 C3 C2). */
    SM2(Use.SIGN_AND_DECRYPT);

    private enum Use {
        NONE,
        CIPHER,
        SIGN,
        SIGN_AND_DECRYPT
    }

    private final Use use;

    SecretAlgorithm(Use use) {
        this.use = use;
    }

    /** Has a private part and a public one. */
    public boolean isPair() {
        return use == Use.SIGN || use == Use.SIGN_AND_DECRYPT;
    }

    public boolean signs() {
        return isPair();
    }

    public boolean decrypts() {
        return use == Use.CIPHER || use == Use.SIGN_AND_DECRYPT;
    }

    /** Encrypts with a key that must stay secret. What has a public part is encrypted to with that, anywhere. */
    public boolean encrypts() {
        return use == Use.CIPHER;
    }

    public boolean canBeMade() {
        return this != OPAQUE;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads a label.
     *
     * @throws IllegalArgumentException if there is no such; it says which there are
     */
    public static SecretAlgorithm parse(String label) {
        return Arrays.stream(values())
                .filter(one -> one.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("algorithm: expected one of "
                        + Arrays.stream(values()).map(SecretAlgorithm::label).collect(Collectors.joining(", "))
                        + ", found '" + label + "'"));
    }
}
