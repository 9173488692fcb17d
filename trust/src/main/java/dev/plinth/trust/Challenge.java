package dev.plinth.trust;

/** What fresh evidence has to repeat: the nonce, or the digest of nonce and key, that the relying party gave out for this one time. */
public sealed interface Challenge {
    int BYTES_MAX = 1_024;

    /**
     * The evidence's field for it must be these bytes. Where the field is longer than they are, as the 64 bytes of report data mostly
     * are, zeros must follow.
     */
    record Expected(Bytes bytes) implements Challenge {
        public Expected {
            if (bytes.length() < 1 || bytes.length() > BYTES_MAX) {
                throw new IllegalArgumentException(
                        "challenge: expected 1 to " + BYTES_MAX + " bytes, found " + bytes.length());
            }
        }
    }

    /** Evidence from a record, whose challenge nobody knows any more. It cannot be told from a replay, and the result says so. */
    record Unknown() implements Challenge {}

    static Challenge of(byte[] bytes) {
        return new Expected(Bytes.of("challenge", bytes.clone()));
    }

    static Challenge unknown() {
        return new Unknown();
    }
}
