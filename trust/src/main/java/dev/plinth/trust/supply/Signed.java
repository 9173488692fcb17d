package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Signatures;
import java.io.IOException;
import java.security.Signature;
import java.security.SignatureException;

/** What a signature is over. */
sealed interface Signed permits Artifact, Signed.Text {
    /** SHA-256. */
    byte[] digest();

    /** Feeds all of it; false if it is not at hand. */
    boolean feed(Signature signature) throws SignatureException, IOException;

    /** Something small: a payload, an envelope in the form in which it is signed. */
    record Text(Bytes bytes) implements Signed {
        @Override
        public byte[] digest() {
            return Signatures.digest("SHA-256", bytes);
        }

        @Override
        public boolean feed(Signature signature) throws SignatureException {
            bytes.feed(signature);
            return true;
        }
    }
}
