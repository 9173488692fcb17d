package dev.plinth.trust.secrets;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/** Splits a key among operators, so that any m of n have it and any fewer have nothing (Shamir, How to Share a Secret, 1979). */
final class Shares {
    /*
     * Each byte of the key is the value at 0 of a polynomial of degree m - 1 over GF(2^8) with the polynomial of AES, whose other
     * coefficients are drawn by lot; a share holds the values at its own point. Multiplication walks through all bits and all
     * differences are made by masks, so that its time says nothing of the bytes.
     *
     * A share carries m and n, and a check against typing errors. It does not carry a check of the key: who has fewer shares than he
     * needs could try out guesses with that.
     */
    static final int SHARES_MAX = 32;

    private static final Pattern FORM = Pattern.compile(
            "plinth-share-(\\d{1,2})-of-(\\d{1,2})-(\\d{1,2})-(?:r(\\d{1,9})-)?([0-9a-f]{2,128})-([0-9a-f]{8})");

    private Shares() {}

    /**
     * One operator's part.
     *
     * @param root the number of the root key
     * @param point 1 to n
     */
    @SuppressWarnings("ArrayRecordComponent") // it is handed on and wiped, never compared
    record Share(long root, int threshold, int shares, int point, byte[] values) {
        /** Some 110 characters. */
        String text() {
            var start = "plinth-share-" + threshold + "-of-" + shares + "-" + point + "-"
                    + (root == Root.FIRST ? "" : "r" + root + "-")
                    + HexFormat.of().formatHex(values);
            return start + "-" + check(start);
        }

        /** @throws IllegalArgumentException if it is none, or was mistyped; it says nothing of what it is */
        static Share parse(String text) {
            var match = FORM.matcher(text.strip());
            if (!match.matches()) {
                throw new IllegalArgumentException(
                        "share: expected plinth-share-M-of-N-POINT-DIGITS-CHECK, or with rROOT- before the digits, found another form");
            }
            var start = text.strip().substring(0, match.start(6) - 1);
            if (!check(start).equals(match.group(6))) {
                throw new IllegalArgumentException("share " + match.group(3) + ": its check does not fit: mistyped");
            }
            var share = new Share(
                    match.group(4) == null ? Root.FIRST : Long.parseLong(match.group(4)),
                    Integer.parseInt(match.group(1)),
                    Integer.parseInt(match.group(2)),
                    Integer.parseInt(match.group(3)),
                    HexFormat.of().parseHex(match.group(5)));
            if (share.point() < 1 || share.point() > share.shares()) {
                throw new IllegalArgumentException(
                        "share: expected a point from 1 to " + share.shares() + ", found " + share.point());
            }
            checkNumbers(share.threshold(), share.shares());
            return share;
        }

        private static String check(String start) {
            var crc = new CRC32C();
            crc.update(start.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            return "%08x".formatted(crc.getValue());
        }

        /** Says whose it is, and nothing of what it is. */
        @Override
        public String toString() {
            return "share " + point + " of " + shares + (root == Root.FIRST ? "" : " of root key " + root);
        }
    }

    static void checkNumbers(int threshold, int shares) {
        if (threshold < 2 || shares < threshold || shares > SHARES_MAX) {
            throw new IllegalArgumentException("shares: expected 2 ≤ threshold ≤ shares ≤ " + SHARES_MAX + ", found "
                    + threshold + " of " + shares);
        }
    }

    static List<Share> split(long root, byte[] key, int threshold, int shares, SecureRandom random) {
        checkNumbers(threshold, shares);
        var values = new byte[shares][key.length];
        var coefficients = new byte[threshold];
        for (int i = 0; i < key.length; i++) {
            random.nextBytes(coefficients);
            coefficients[0] = key[i];
            for (int point = 1; point <= shares; point++) {
                int value = 0;
                for (int power = threshold - 1; power >= 0; power--) {
                    value = times(value, point) ^ (coefficients[power] & 0xff);
                }
                values[point - 1][i] = (byte) value;
            }
        }
        java.util.Arrays.fill(coefficients, (byte) 0);
        var all = new ArrayList<Share>();
        for (int point = 1; point <= shares; point++) {
            all.add(new Share(root, threshold, shares, point, values[point - 1]));
        }
        return all;
    }

    /** The key, if these belong together; something else if they do not. */
    static byte[] join(Map<Integer, byte[]> valuesByPoint) {
        var points = valuesByPoint.keySet().stream().mapToInt(Integer::intValue).toArray();
        int length = valuesByPoint.values().iterator().next().length;
        var key = new byte[length];
        for (int j : points) {
            // Lagrange's polynomial of this point at 0; a difference is a sum is xor.
            int weight = 1;
            for (int other : points) {
                if (other != j) {
                    weight = times(weight, times(other, inverse(other ^ j)));
                }
            }
            var values = java.util.Objects.requireNonNull(valuesByPoint.get(j));
            for (int i = 0; i < length; i++) {
                key[i] ^= (byte) times(weight, values[i] & 0xff);
            }
        }
        return key;
    }

    static int times(int left, int right) {
        int product = 0;
        int factor = left;
        for (int bit = 0; bit < 8; bit++) {
            product ^= factor & -((right >>> bit) & 1);
            factor = (factor << 1) ^ (0x11b & -(factor >>> 7));
        }
        return product;
    }

    /** a^254, for a^255 is 1. */
    static int inverse(int value) {
        int result = 1;
        int square = value;
        for (int bit = 1; bit < 8; bit++) {
            square = times(square, square);
            result = times(result, square);
        }
        return result;
    }
}
