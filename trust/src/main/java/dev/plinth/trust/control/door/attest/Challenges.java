package dev.plinth.trust.control.door.attest;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.proof.RefusedProof;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Gives challenges out, and knows its own when they come back. */
final class Challenges {
    /*
     * Nothing is remembered: a challenge is 16 bytes by chance, the time, and a MAC of both under a key of this process's life. So nobody
     * can fill a table by asking for challenges. Within its minute one may come twice; what it is bound to is a key, and whoever has that
     * key gets for it what it got before.
     */
    static final Duration LIFE = Duration.ofMinutes(1);
    private static final int CHANCE_BYTES = 16;
    private static final int KNOWN_BYTES = CHANCE_BYTES + Long.BYTES;
    private static final int BYTES = KNOWN_BYTES + 32;

    private final SecretKeySpec key;
    private final SecureRandom random;
    private final Clock clock;

    Challenges(SecureRandom random, Clock clock) {
        this.random = random;
        this.clock = clock;
        var bytes = new byte[32];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, "HmacSHA256");
    }

    byte[] next() {
        var chance = new byte[CHANCE_BYTES];
        random.nextBytes(chance);
        var known = ByteBuffer.allocate(KNOWN_BYTES)
                .put(chance)
                .putLong(clock.wall().toEpochMilli())
                .array();
        return ByteBuffer.allocate(BYTES).put(known).put(mac(known)).array();
    }

    /** Demands that a challenge was given out here, and not long ago. */
    void demand(byte[] challenge) throws RefusedProof {
        if (challenge.length != BYTES
                || !MessageDigest.isEqual(
                        mac(Arrays.copyOf(challenge, KNOWN_BYTES)),
                        Arrays.copyOfRange(challenge, KNOWN_BYTES, BYTES))) {
            throw new RefusedProof("challenge: expected one that this server gave out since it started, found another");
        }
        long age = clock.wall().toEpochMilli() - ByteBuffer.wrap(challenge).getLong(CHANCE_BYTES);
        if (age < 0 || age >= LIFE.toMillis()) {
            throw new RefusedProof("challenge: expected one that is not older than " + LIFE.toSeconds()
                    + " s, found one of " + age + " ms");
        }
    }

    private byte[] mac(byte[] known) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return mac.doFinal(known);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HMAC with SHA-256", e);
        }
    }
}
