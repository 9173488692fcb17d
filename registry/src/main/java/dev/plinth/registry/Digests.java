package dev.plinth.registry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one server's registrations come to, in {@link #BUCKETS} buckets: equal digests, equal registrations.
 *
 * <p>The sums are commutative, so they are kept up to date by one addition a change, and two servers that hold the same have the
 * same digests whatever the order in which they learned it. With 64 bits, chance will not make two different states look alike;
 * nobody is kept from making it so on purpose, but who could would be one of our own servers.
 */
public final class Digests {
    public static final int BUCKETS = 256;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final long[] buckets;

    private Digests(long[] buckets) {
        this.buckets = buckets;
    }

    public static Digests none() {
        return new Digests(new long[BUCKETS]);
    }

    /** Digests as {@link #buckets} gave them; throws IllegalArgumentException if they are not one for each bucket. */
    public static Digests of(List<Long> buckets) {
        if (buckets.size() != BUCKETS) {
            throw new IllegalArgumentException("digests are " + buckets.size() + ": expected " + BUCKETS);
        }
        return new Digests(buckets.stream().mapToLong(Long::longValue).toArray());
    }

    public static int bucket(String key) {
        return (int) (ofKey(key) >>> 56);
    }

    /** The digests with one registration more. */
    void add(String key, long version) {
        long digest = ofKey(key);
        buckets[(int) (digest >>> 56)] += mix(digest ^ version);
    }

    /** The digests with one registration less. */
    void subtract(String key, long version) {
        long digest = ofKey(key);
        buckets[(int) (digest >>> 56)] -= mix(digest ^ version);
    }

    private static long ofKey(String key) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < key.length(); i++) {
            hash = (hash ^ key.charAt(i)) * FNV_PRIME;
        }
        return mix(hash);
    }

    /** SplitMix64's finish (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    public long sum() {
        return Arrays.stream(buckets).sum();
    }

    /** The buckets in which the two differ, in order. */
    public List<Integer> differing(Digests other) {
        List<Integer> differing = new ArrayList<>();
        for (int i = 0; i < BUCKETS; i++) {
            if (buckets[i] != other.buckets[i]) {
                differing.add(i);
            }
        }
        return differing;
    }

    public List<Long> buckets() {
        return Arrays.stream(buckets).boxed().toList();
    }

    Digests copy() {
        return new Digests(buckets.clone());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digests digests && Arrays.equals(buckets, digests.buckets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(buckets);
    }
}
