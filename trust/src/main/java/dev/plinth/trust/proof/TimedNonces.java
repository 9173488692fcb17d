package dev.plinth.trust.proof;

import dev.plinth.kernel.Clock;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Gives nonces out, knows its own for a minute, and lets one be used once, if asked. Lives as long as the process. Safe for many threads. */
public final class TimedNonces {
    /*
     * 32 bytes: 8 by chance, 8 of time, 16 of a MAC of both under a key of this process's life. What was given out is not remembered, so
     * nobody can fill a table by asking. What was used is, for as long as it would be good; it is for the door to let only proofs that
     * hold get so far. A server that was started again knows none of before: whoever repeats a request to it is refused. So the time is
     * the one that never goes back: were it the wall's, one that was used could be young again when it is forgotten.
     */
    public static final int BYTES = 32;

    public static final Duration LIFE = Duration.ofMinutes(1);

    /** Nonces that can be used within the life of one. */
    public static final int USED_MAX = 100_000;

    private static final int CHANCE_BYTES = 8;
    private static final int KNOWN_BYTES = CHANCE_BYTES + Long.BYTES;

    /** What comes of using one. */
    public enum Use {
        FIRST,
        REPLAY,
        /** {@link #USED_MAX} were used within the life of one. */
        NO_ROOM
    }

    private final String name;
    private final String own;
    private final SecretKeySpec key;
    private final SecureRandom random;
    private final Clock clock;

    /** When each was used, in that order. Guarded by this. */
    private final Map<ByteBuffer, Long> used = new LinkedHashMap<>();

    /**
     * @param name what they are called where they come back, for what is said of one that is refused
     * @param own how that goes on: "expected one that", and this
     */
    public TimedNonces(String name, String own, SecureRandom random, Clock clock) {
        this.name = name;
        this.own = own;
        this.random = random;
        this.clock = clock;
        var bytes = new byte[32];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, "HmacSHA256");
    }

    public byte[] next() {
        var chance = new byte[CHANCE_BYTES];
        random.nextBytes(chance);
        var known = ByteBuffer.allocate(KNOWN_BYTES)
                .put(chance)
                .putLong(clock.nanoTime())
                .array();
        return ByteBuffer.allocate(BYTES).put(known).put(mac(known)).array();
    }

    /** Demands that a nonce was given out here, and not long ago. */
    public void demand(byte[] nonce) throws RefusedProof {
        if (nonce.length != BYTES
                || !MessageDigest.isEqual(
                        mac(Arrays.copyOf(nonce, KNOWN_BYTES)), Arrays.copyOfRange(nonce, KNOWN_BYTES, BYTES))) {
            throw new RefusedProof(foreign());
        }
        var age = age(nonce);
        if (age.compareTo(LIFE) >= 0) {
            throw new RefusedProof(name + ": expected one that is not older than " + LIFE.toSeconds()
                    + " s, found one of " + age.toMillis() + " ms");
        }
    }

    /** What is said of one that is not of here. */
    public String foreign() {
        return name + ": expected one that " + own + ", found another";
    }

    private Duration age(byte[] nonce) {
        return Duration.ofNanos(clock.nanoTime() - ByteBuffer.wrap(nonce).getLong(CHANCE_BYTES));
    }

    /** When a nonce that was demanded is good no more, by the wall's time as it is now. */
    public Instant ends(byte[] nonce) {
        return clock.wall().plus(LIFE.minus(age(nonce)));
    }

    /** Uses one up that was demanded, unless it was used, or there is no room. */
    public synchronized Use use(byte[] nonce) {
        long now = clock.nanoTime();
        var oldest = used.values().iterator();
        while (oldest.hasNext() && now - oldest.next() >= LIFE.toNanos()) {
            oldest.remove();
        }
        var one = ByteBuffer.wrap(nonce.clone());
        if (used.containsKey(one)) {
            return Use.REPLAY;
        }
        if (used.size() >= USED_MAX) {
            return Use.NO_ROOM;
        }
        used.put(one, now);
        return Use.FIRST;
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
