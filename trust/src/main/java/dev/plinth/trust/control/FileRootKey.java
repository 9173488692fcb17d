package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A root key of 256 bits in a file that only its owner may read; seals with AES-GCM. */
public final class FileRootKey implements RootKey {
    /*
     * It keeps a copy of the journal, a backup or a stolen snapshot worthless by itself. It does not keep anything from whoever may read
     * the file: the server's own user, root, and whoever has the whole disk.
     *
     * Form: a version (1), a nonce of 12 bytes by chance, the ciphertext, a tag of 16 bytes. Nonces by chance are good for 2^32 sealings
     * under one key (NIST SP 800-38D, 8.3); here there are a few for each authority.
     */
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final byte VERSION = 1;
    private final SecretKeySpec key;
    private final SecureRandom random;

    private FileRootKey(byte[] key, SecureRandom random) {
        this.key = new SecretKeySpec(key, "AES");
        this.random = random;
    }

    /**
     * Reads the key.
     *
     * @throws IOException if there is none, others than the owner may use the file, or it is no such key; it says which
     */
    public static FileRootKey open(Path file, SecureRandom random) throws IOException {
        var bytes = OwnerOnlyFile.read(file).orElseThrow(() -> new IOException(file + ": there is no root key"));
        try {
            if (bytes.length != KEY_BYTES) {
                throw new IOException(file + ": expected a root key of " + KEY_BYTES + " bytes, found " + bytes.length);
            }
            return new FileRootKey(bytes, random);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /**
     * Makes a key in a new file.
     *
     * @throws IOException if the file is there
     */
    public static void make(Path file, SecureRandom random) throws IOException {
        var made = new byte[KEY_BYTES];
        random.nextBytes(made);
        OwnerOnlyFile.make(file, made);
    }

    @Override
    public ByteString seal(String what, byte[] secret) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            return ByteString.copyFrom(new byte[] {VERSION})
                    .concat(ByteString.copyFrom(nonce))
                    .concat(ByteString.copyFrom(
                            cipher(Cipher.ENCRYPT_MODE, what, nonce).doFinal(secret)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK cannot seal: " + e.getMessage(), e);
        }
    }

    @Override
    public byte[] open(String what, ByteString sealed) {
        if (sealed.size() <= 1 + NONCE_BYTES || sealed.byteAt(0) != VERSION) {
            throw new IllegalStateException(what + ": expected sealed bytes of version " + VERSION);
        }
        var nonce = sealed.substring(1, 1 + NONCE_BYTES).toByteArray();
        try {
            return cipher(Cipher.DECRYPT_MODE, what, nonce)
                    .doFinal(sealed.substring(1 + NONCE_BYTES).toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    what + ": not sealed under this root key, as something else, or changed since", e);
        }
    }

    /** Whether this was sealed as that under this key. */
    boolean opens(String what, ByteString sealed) {
        try {
            Arrays.fill(open(what, sealed), (byte) 0);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /**
     * A secret that follows from this key and this purpose, and says nothing of either to who knows it (HKDF, RFC 5869).
     *
     * @param bytes at most 8,160
     */
    byte[] derive(String purpose, int bytes) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(key)
                            .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF: " + e.getMessage(), e);
        }
    }

    private Cipher cipher(int mode, String what, byte[] nonce) throws GeneralSecurityException {
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(what.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
        return "a root key in a file";
    }
}
