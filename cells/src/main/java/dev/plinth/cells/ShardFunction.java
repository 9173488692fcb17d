package dev.plinth.cells;

import java.nio.charset.StandardCharsets;

/**
 * How a user id becomes a shard. It is part of the map: all who route by one map cut the users alike, in whatever language.
 *
 * @param shards how many there are, from 1 to {@link #SHARDS_MAX}
 */
public record ShardFunction(Kind kind, int shards) {
    /*
     * LAST_DIGITS is how payment systems have cut their users for long: a person sees a user's shard in the number, and so does
     * every script and every database partition. It needs ids that count up or are random in their last digits. HASH takes any
     * text. FNV-1a, because it is a few lines in every language and its test vectors are published: two implementations that
     * differ would send a user to two places. It is no protection against somebody who makes up ids to crowd one shard.
     */
    public enum Kind {
        /** The decimal digits at the end of the id, at most the last nine of them, as a number modulo the shards. */
        LAST_DIGITS,
        /** The 64-bit FNV-1a hash of the id's UTF-8 bytes, as an unsigned number modulo the shards. */
        HASH
    }

    public static final int SHARDS_MAX = 10_000;
    public static final int SHARDS_DEFAULT = 100;

    /** Characters of a user id. */
    public static final int USER_ID_CHARS_MAX = 256;

    private static final int DIGITS_MAX = 9;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    public ShardFunction {
        if (shards < 1 || shards > SHARDS_MAX) {
            throw new IllegalArgumentException(
                    "a shard function with " + shards + " shards: expected 1 to " + SHARDS_MAX);
        }
    }

    public static ShardFunction lastDigits(int shards) {
        return new ShardFunction(Kind.LAST_DIGITS, shards);
    }

    public static ShardFunction hash(int shards) {
        return new ShardFunction(Kind.HASH, shards);
    }

    /**
     * The user's shard, the same for ever.
     *
     * @throws IllegalArgumentException if the id is empty, longer than {@link #USER_ID_CHARS_MAX}, or lacks what the function
     *     needs; the message says what
     */
    public Shard shardOf(String userId) {
        if (userId.isEmpty() || userId.length() > USER_ID_CHARS_MAX) {
            throw new IllegalArgumentException(
                    "the user id " + Names.quoted(userId) + ": expected 1 to " + USER_ID_CHARS_MAX + " characters");
        }
        return new Shard(
                switch (kind) {
                    case LAST_DIGITS -> lastDigits(userId) % shards;
                    case HASH -> (int) Long.remainderUnsigned(fnv1a(userId), shards);
                });
    }

    private static int lastDigits(String userId) {
        int start = userId.length();
        while (start > 0 && userId.length() - start < DIGITS_MAX && isDigit(userId.charAt(start - 1))) {
            start--;
        }
        if (start == userId.length()) {
            throw new IllegalArgumentException("the user id " + Names.quoted(userId)
                    + ": expected a decimal digit (0-9) at its end, for shards come from the last digits");
        }
        return Integer.parseInt(userId, start, userId.length(), 10);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static long fnv1a(String userId) {
        long hash = FNV_OFFSET;
        for (byte b : userId.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return hash;
    }
}
