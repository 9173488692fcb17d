package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.proof.RefusedProof;
import dev.plinth.trust.proof.TimedNonces;
import dev.plinth.trust.secrets.SecretsProblem;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;

/** AECS's nonces, in hexadecimal digits: each can be used once, by evidence that holds. Safe for many threads. */
final class Nonces {
    private final TimedNonces nonces;

    Nonces(SecureRandom random, Clock clock) {
        nonces = new TimedNonces(
                "nonce",
                "GetAecsStatus of this server gave since it started (status_str.attr.hex_nonce)",
                random,
                clock);
    }

    String next() {
        return Hexadecimal.of(nonces.next());
    }

    /**
     * The bytes of a nonce that was given out here, and not long ago.
     *
     * @throws SecretsProblem if it is another, or too old; it says which
     */
    byte[] demand(String nonce) {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(nonce);
        } catch (IllegalArgumentException e) {
            throw denied(nonces.foreign());
        }
        try {
            nonces.demand(bytes);
        } catch (RefusedProof e) {
            throw denied(String.valueOf(e.getMessage()));
        }
        return bytes;
    }

    private static SecretsProblem denied(String reason) {
        return new SecretsProblem(SecretsProblem.Code.DENIED, reason);
    }

    /** When a nonce that was demanded is good no more. */
    Instant ends(byte[] nonce) {
        return nonces.ends(nonce);
    }

    /** Uses up one that was demanded; {@link SecretsProblem} if it was used. */
    void use(byte[] nonce) {
        switch (nonces.use(nonce)) {
            case FIRST -> {}
            case REPLAY -> throw denied("nonce: expected one that was not used, found a replay");
            case NO_ROOM ->
                throw new SecretsProblem(
                        SecretsProblem.Code.OVERLOADED,
                        TimedNonces.USED_MAX + " nonces were used within " + TimedNonces.LIFE.toSeconds()
                                + " s; try again after that");
        }
    }
}
