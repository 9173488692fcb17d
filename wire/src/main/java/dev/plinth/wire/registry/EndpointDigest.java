package dev.plinth.wire.registry;

import java.util.Map;

/**
 * What a service's endpoints come to in 64 bits: equal digests, equal endpoints, in whatever order they were learned.
 *
 * <p>Of an endpoint: {@code m(f("service protocol address") + weight · G + Σ m(f("key" 0 "value")))} over its metadata; of a service:
 * the sum over its endpoints, modulo 2^64. {@code f} is FNV-1a of 64 bits over UTF-8, {@code m} SplitMix64's finish, {@code G} is
 * 0x9e3779b97f4a7c15. Sums are kept up to date by one addition a change. With 64 bits, chance will not make two lists look alike.
 */
public final class EndpointDigest {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private EndpointDigest() {}

    /** Of one endpoint, whose key is {@code "service protocol address"}. */
    public static long of(String service, String protocol, String address, int weight, Map<String, String> metadata) {
        return of(service, protocol, address, weight, ofMetadata(metadata));
    }

    /**
     * Of one endpoint.
     *
     * @param metadata as {@link #ofMetadata} gave it
     */
    public static long of(String service, String protocol, String address, int weight, long metadata) {
        long hash = fnv(fnv(fnv(FNV_OFFSET, service), ' '), protocol);
        hash = fnv(fnv(hash, ' '), address);
        return mix(hash + weight * GOLDEN + metadata);
    }

    /** The part of an endpoint's digest that comes of its metadata. */
    public static long ofMetadata(Map<String, String> metadata) {
        long sum = 0;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            sum += ofEntry(entry.getKey(), entry.getValue());
        }
        return sum;
    }

    /** The part that comes of one entry of metadata. */
    public static long ofEntry(String key, String value) {
        return mix(fnv(fnv(fnv(FNV_OFFSET, key), '\0'), value));
    }

    private static long fnv(long hash, char ascii) {
        return (hash ^ ascii) * FNV_PRIME;
    }

    private static long fnv(long hash, String text) {
        long now = hash;
        for (int i = 0; i < text.length(); i++) {
            int c = text.charAt(i);
            if (c < 0x80) {
                now = (now ^ c) * FNV_PRIME;
                continue;
            }
            int point = text.codePointAt(i);
            if (Character.isSupplementaryCodePoint(point)) {
                i++;
            }
            now = ofPoint(now, point);
        }
        return now;
    }

    private static long ofPoint(long hash, int point) {
        if (point < 0x800) {
            return octet(octet(hash, 0xc0 | (point >> 6)), 0x80 | (point & 0x3f));
        }
        long now = point < 0x10000
                ? octet(hash, 0xe0 | (point >> 12))
                : octet(octet(hash, 0xf0 | (point >> 18)), 0x80 | ((point >> 12) & 0x3f));
        return octet(octet(now, 0x80 | ((point >> 6) & 0x3f)), 0x80 | (point & 0x3f));
    }

    private static long octet(long hash, int octet) {
        return (hash ^ octet) * FNV_PRIME;
    }

    /** SplitMix64's finish (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
