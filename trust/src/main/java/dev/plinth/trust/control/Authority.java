package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import java.time.Instant;

/**
 * A pair of keys that signs identities: one for certificates, one for tokens.
 *
 * @param number counts from 1
 * @param signsFrom when it takes over, if it has not
 */
public record Authority(long number, Keys keys, Instant publishedAt, Instant signsFrom) {

    /**
     * What was made.
     *
     * @param certificate of the first key, signed by itself; DER
     * @param sealedKey the first key's private part, PKCS 8, sealed under the root key
     * @param tokenKey the second key, SubjectPublicKeyInfo
     * @param sealedTokenKey the second key's private part
     * @param notAfter nothing that it signed is good after this
     */
    public record Keys(
            ByteString certificate,
            ByteString sealedKey,
            ByteString tokenKey,
            ByteString sealedTokenKey,
            Instant notAfter) {}

    /** The same authority, with its keys sealed anew. */
    Authority with(Keys others) {
        return new Authority(number, others, publishedAt, signsFrom);
    }

    /** What it does. */
    public enum State {
        /** Others have it; it does not sign yet. */
        PUBLISHED,
        SIGNING,
        /** It signs no more, and what it signed is good until it ends. */
        RETIRED
    }
}
