package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.secrets.SecretsProblem;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Gives nonces out, and lets each be used once, by evidence that holds. Lives as long as the process. Safe for many threads. */
final class Nonces {
    /*
     * 32 bytes: 8 by chance, 8 of time, 16 of a MAC of both under a key of this process's life. What was given out is not remembered, so
     * nobody can fill a table by asking. What was used is, for as long as it would be good; only evidence that holds gets so far. A server
     * that was started again knows none of before: whoever repeats a request to it is refused.
     */
    static final Duration LIFE = Duration.ofMinutes(1);
    static final int BYTES = 32;
    private static final int USED_MAX = 100_000;
    private static final int CHANCE_BYTES = 8;
    private static final int KNOWN_BYTES = CHANCE_BYTES + Long.BYTES;

    private final SecretKeySpec key;
    private final SecureRandom random;
    private final Clock clock;

    /** When each ends, in the order of use. Guarded by this. */
    private final Map<String, Instant> used = new LinkedHashMap<>();

    Nonces(SecureRandom random, Clock clock) {
        this.random = random;
        this.clock = clock;
        var bytes = new byte[32];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, "HmacSHA256");
    }

    /** Hexadecimal digits. */
    String next() {
        var chance = new byte[CHANCE_BYTES];
        random.nextBytes(chance);
        var known = ByteBuffer.allocate(KNOWN_BYTES)
                .put(chance)
                .putLong(clock.wall().toEpochMilli())
                .array();
        return Hexadecimal.of(
                ByteBuffer.allocate(BYTES).put(known).put(mac(known)).array());
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
            throw foreign();
        }
        if (bytes.length != BYTES
                || !MessageDigest.isEqual(
                        mac(Arrays.copyOf(bytes, KNOWN_BYTES)), Arrays.copyOfRange(bytes, KNOWN_BYTES, BYTES))) {
            throw foreign();
        }
        long age = clock.wall().toEpochMilli() - ByteBuffer.wrap(bytes).getLong(CHANCE_BYTES);
        if (age < 0 || age >= LIFE.toMillis()) {
            throw new SecretsProblem(
                    SecretsProblem.Code.DENIED,
                    "nonce: expected one that is not older than " + LIFE.toSeconds() + " s, found one of " + age
                            + " ms");
        }
        return bytes;
    }

    /** When a nonce that was demanded is good no more. */
    Instant ends(byte[] nonce) {
        return Instant.ofEpochMilli(ByteBuffer.wrap(nonce).getLong(CHANCE_BYTES))
                .plus(LIFE);
    }

    private static SecretsProblem foreign() {
        return new SecretsProblem(
                SecretsProblem.Code.DENIED,
                "nonce: expected one that GetAecsStatus of this server gave since it started (status_str.attr.hex_nonce),"
                        + " found another");
    }

    /** Uses it up; {@link SecretsProblem} if it was used. */
    synchronized void use(String nonce) {
        var now = clock.wall();
        var oldest = used.values().iterator();
        while (oldest.hasNext() && !now.isBefore(oldest.next())) {
            oldest.remove();
        }
        var one = nonce.toUpperCase(Locale.ROOT);
        if (used.containsKey(one)) {
            throw new SecretsProblem(
                    SecretsProblem.Code.DENIED, "nonce: expected one that was not used, found a replay");
        }
        if (used.size() >= USED_MAX) {
            throw new SecretsProblem(
                    SecretsProblem.Code.OVERLOADED,
                    USED_MAX + " nonces were used within " + LIFE.toSeconds() + " s; try again after that");
        }
        used.put(one, now.plus(LIFE));
    }

    private byte[] mac(byte[] known) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return Arrays.copyOf(mac.doFinal(known), BYTES - KNOWN_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HMAC with SHA-256", e);
        }
    }
}
