package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;

/**
 * A secret as it is stored.
 *
 * @param wrappedKey the data key, sealed under the root key
 * @param sealed the secret, sealed under the data key: bytes; a symmetric key; or a private key as PKCS 8
 * @param publicKey SubjectPublicKeyInfo; empty if there is none
 */
record Material(ByteString wrappedKey, ByteString sealed, ByteString publicKey) {
    int bytes() {
        return wrappedKey.size() + sealed.size() + publicKey.size();
    }
}
