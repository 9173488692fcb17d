package dev.plinth.trust.secrets;

import dev.plinth.trust.control.OwnerOnlyFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidParameterException;
import java.security.KeyStore;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** A token of PKCS #11, with somebody logged in. For one thread but for its keys, which are for many. */
final class Token {
    /*
     * Keys are made in the token, as sensitive and not extractable, so that what is asked of it is to encrypt and to decrypt, and never the
     * key. The JDK's own provider speaks to the library. It needs the library's whole life in this process: there is one token for a server.
     */
    private static final String PROVIDER = "SunPKCS11";
    private static final int KEY_BITS = 256;

    private final String name;
    private final Provider provider;
    private final KeyStore keys;

    private Token(String name, Provider provider, KeyStore keys) {
        this.name = name;
        this.provider = provider;
        this.keys = keys;
    }

    /**
     * Loads the library, and logs in.
     *
     * @param slot by its id; empty: the first in the library's list
     * @param pin a file that only its owner may read, with the PIN alone
     * @throws IOException if the library, the slot or the PIN is not right; it says which
     */
    static Token open(Path library, OptionalLong slot, Path pin) throws IOException {
        var secret = pin(pin);
        var name = library + (slot.isPresent() ? ", slot " + slot.getAsLong() : "");
        try {
            var provider = provider(library, slot);
            var keys = KeyStore.getInstance("PKCS11", provider);
            keys.load(null, secret);
            return new Token(name, provider, keys);
        } catch (GeneralSecurityException | InvalidParameterException | ProviderException e) {
            throw new IOException("PKCS #11 " + name + ": expected a token that can be used, found: " + reason(e), e);
        } catch (IOException e) {
            throw new IOException(
                    "PKCS #11 " + name + ": the token does not take the PIN of " + pin + ": " + reason(e), e);
        } finally {
            Arrays.fill(secret, '\0');
        }
    }

    private static Provider provider(Path library, OptionalLong slot) {
        @Nullable Provider sun = Security.getProvider(PROVIDER);
        if (sun == null) {
            throw new ProviderException("this Java runtime has no PKCS #11 (module jdk.crypto.cryptoki)");
        }
        return sun.configure("--name=plinth-" + Integer.toHexString(library.hashCode()) + "\n"
                + "library=" + library + "\n"
                + (slot.isPresent() ? "slot=" + slot.getAsLong() : "slotListIndex=0") + "\n"
                + """
                attributes(*,CKO_SECRET_KEY,CKK_AES)={
                  CKA_SENSITIVE=true
                  CKA_EXTRACTABLE=false
                  CKA_ENCRYPT=true
                  CKA_DECRYPT=true
                }
                """);
    }

    private static char[] pin(Path file) throws IOException {
        var bytes = OwnerOnlyFile.read(file)
                .orElseThrow(() -> new IOException(file + ": there is no such file; expected the token's PIN"));
        try {
            return StandardCharsets.UTF_8
                    .decode(java.nio.ByteBuffer.wrap(bytes))
                    .toString()
                    .strip()
                    .toCharArray();
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /** The innermost message: the provider wraps what the library said. */
    private static String reason(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner.getMessage() == null ? inner.getClass().getSimpleName() : inner.getMessage();
    }

    /** The AES key of this label; empty if there is none. */
    Optional<SecretKey> find(String label) throws IOException {
        try {
            var key = keys.getKey(label, null);
            if (key != null && !(key instanceof SecretKey)) {
                throw new IOException(this + ": " + label + ": expected an AES key, found another");
            }
            return Optional.ofNullable((SecretKey) key);
        } catch (GeneralSecurityException | ProviderException e) {
            throw new IOException(this + ": " + label + ": " + reason(e), e);
        }
    }

    /** A new AES key of 256 bits with this label, which never leaves the token. */
    SecretKey make(String label) throws IOException {
        try {
            var generator = KeyGenerator.getInstance("AES", provider);
            generator.init(KEY_BITS);
            keys.setEntry(label, new KeyStore.SecretKeyEntry(generator.generateKey()), null);
        } catch (GeneralSecurityException | ProviderException e) {
            throw new IOException(this + ": " + label + " cannot be made: " + reason(e), e);
        }
        return find(label).orElseThrow(() -> new IOException(this + ": " + label + " was made, and is not there"));
    }

    Provider provider() {
        return provider;
    }

    @Override
    public String toString() {
        return "PKCS #11 " + name;
    }
}
