package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;

/**
 * What everybody may know of a root key.
 *
 * @param number counts from 1: each that was ever made has another
 * @param keeper who has it: {@link RootKeeper#name}
 * @param cipher what data keys and secrets are sealed with
 * @param threshold how many shares make the key, of {@code shares}; both 0 if it is not shared
 * @param kept what the keeper needs to give the key back, such as a blob that a TPM made; may be empty
 * @param tokenKey the public part, SubjectPublicKeyInfo, of the key that signs tokens and checkpoints
 * @param sealedTokenKey its private part, PKCS 8, sealed under the root key: who can open it has the right root key
 */
record Root(
        long number,
        String keeper,
        Envelope.Suite cipher,
        int threshold,
        int shares,
        ByteString kept,
        ByteString tokenKey,
        ByteString sealedTokenKey) {
    static final String TOKEN_KEY = "key of tokens and checkpoints";
    static final long FIRST = 1;

    boolean isShared() {
        return threshold != 0;
    }
}
