package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.SecretKey;

/** A root key that this server has: it seals data keys, and opens them. For many threads, until it is forgotten. */
sealed interface RootKey permits RootKey.InMemory, RootKey.InToken {

    /** Encrypts and authenticates, as {@link Envelope#seal}. */
    ByteString seal(Envelope.Suite suite, String what, byte[] plain, SecureRandom random);

    /**
     * Decrypts, as {@link Envelope#open}.
     *
     * @throws IllegalArgumentException if it was sealed under another key, as something else, or was changed
     */
    byte[] open(String what, ByteString sealed);

    /** It is not here any more. */
    void forget();

    /** Its bytes are in this process. */
    @SuppressWarnings("ArrayRecordComponent") // it is wiped, never compared
    record InMemory(byte[] bytes) implements RootKey {

        /** A copy, so that whoever has the bytes can wipe them. */
        static InMemory of(byte[] bytes) {
            return new InMemory(bytes.clone());
        }

        static InMemory make(SecureRandom random) {
            return new InMemory(Envelope.newKey(random));
        }

        @Override
        public ByteString seal(Envelope.Suite suite, String what, byte[] plain, SecureRandom random) {
            return Envelope.seal(suite, bytes, what, plain, random);
        }

        @Override
        public byte[] open(String what, ByteString sealed) {
            return Envelope.open(bytes, what, sealed);
        }

        @Override
        public void forget() {
            Arrays.fill(bytes, (byte) 0);
        }

        /** Says nothing of the key. */
        @Override
        public String toString() {
            return "a root key";
        }
    }

    /** It is in a token of PKCS #11, and only what it sealed passes through this process. It always seals with AES-256-GCM. */
    record InToken(SecretKey key, Provider provider) implements RootKey {
        @Override
        public ByteString seal(Envelope.Suite suite, String what, byte[] plain, SecureRandom random) {
            try {
                return Envelope.sealWith(key, provider, what, plain, random);
            } catch (ProviderException e) {
                throw silent(e);
            }
        }

        @Override
        public byte[] open(String what, ByteString sealed) {
            try {
                return Envelope.openWith(key, provider, what, sealed);
            } catch (ProviderException e) {
                throw silent(e);
            }
        }

        private static SecretsProblem silent(ProviderException e) {
            return new SecretsProblem(
                    SecretsProblem.Code.SEALED, "the token with the root key refuses: " + e.getMessage());
        }

        @Override
        public void forget() {}

        /** Says nothing of the key. */
        @Override
        public String toString() {
            return "a root key in a token";
        }
    }
}
