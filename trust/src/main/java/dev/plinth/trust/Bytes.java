package dev.plinth.trust;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Arrays;
import java.util.HexFormat;

/** A stretch of bytes that knows which document it was cut from, and where. */
public final class Bytes {
    /*
     * Everything is read by offset from the one array that came in; nothing is copied but what the JDK's providers want as an array
     * of its own. Each read is checked against the stretch, so a length field that lies meets Malformed with its place, and the
     * memory a parse takes is bounded by what came in. The array is not copied on the way in either: whoever hands it in must leave
     * it alone.
     */
    private static final VarHandle SHORT_LE =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_LE =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int SHOWN_BYTES_MAX = 64;

    private final String source;
    private final byte[] array;
    private final int start;
    private final int length;

    private Bytes(String source, byte[] array, int start, int length) {
        this.source = source;
        this.array = array;
        this.start = start;
        this.length = length;
    }

    /** All of {@code array}, which must not be changed afterwards; {@code source} is its name in findings. */
    public static Bytes of(String source, byte[] array) {
        return new Bytes(source, array, 0, array.length);
    }

    public static Bytes ofHex(String source, String hex) {
        try {
            return of(source, HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException e) {
            throw new Malformed(Where.field(source, ""), "hexadecimal digits", shorten(hex));
        }
    }

    public int length() {
        return length;
    }

    public String source() {
        return source;
    }

    public Where where() {
        return new Where.Range(source, start, length);
    }

    public Where where(int at, int count) {
        return new Where.Range(source, start + at, count);
    }

    public Bytes slice(int at, int count) {
        check(at, count);
        return new Bytes(source, array, start + at, count);
    }

    public Bytes from(int at) {
        check(at, 0);
        return new Bytes(source, array, start + at, length - at);
    }

    /** The same bytes as a document of its own, whose offsets count from 0. */
    public Bytes named(String name) {
        return new Bytes(name, copy(), 0, length);
    }

    public int u8(int at) {
        check(at, 1);
        return array[start + at] & 0xff;
    }

    int u16(int at) {
        check(at, 2);
        return (short) SHORT_LE.get(array, start + at) & 0xffff;
    }

    long u32(int at) {
        check(at, 4);
        return (int) INT_LE.get(array, start + at) & 0xffff_ffffL;
    }

    long u64(int at) {
        check(at, 8);
        return (long) LONG_LE.get(array, start + at);
    }

    public int u16be(int at) {
        return Short.reverseBytes((short) u16(at)) & 0xffff;
    }

    public long u32be(int at) {
        return Integer.reverseBytes((int) u32(at)) & 0xffff_ffffL;
    }

    public long u64be(int at) {
        return Long.reverseBytes(u64(at));
    }

    /** A length field of 32 bits as an int; one that cannot be is malformed. */
    int size32(int at, int max) {
        var size = u32(at);
        if (size > max) {
            throw new Malformed(where(at, 4), "a length of at most " + max, Long.toString(size));
        }
        return (int) size;
    }

    /** What it holds, in an array of its own. */
    public byte[] copy() {
        return Arrays.copyOfRange(array, start, start + length);
    }

    boolean isZero() {
        for (var i = 0; i < length; i++) {
            if (array[start + i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The same content, in time that depends on the lengths alone. */
    public boolean same(byte[] other) {
        if (other.length != length) {
            return false;
        }
        var difference = 0;
        for (var i = 0; i < length; i++) {
            difference |= array[start + i] ^ other[i];
        }
        return difference == 0;
    }

    public boolean same(Bytes other) {
        return Arrays.equals(array, start, start + length, other.array, other.start, other.start + other.length);
    }

    void feed(MessageDigest digest) {
        digest.update(array, start, length);
    }

    public void feed(Signature signature) throws SignatureException {
        signature.update(array, start, length);
    }

    public java.io.InputStream stream() {
        return new java.io.ByteArrayInputStream(array, start, length);
    }

    public String text(java.nio.charset.Charset charset) {
        return new String(array, start, length, charset);
    }

    public String hex() {
        return HexFormat.of().formatHex(array, start, start + length);
    }

    /** As findings show it: the first bytes, and how many there are. */
    public String shown() {
        return length <= SHOWN_BYTES_MAX
                ? hex()
                : HexFormat.of().formatHex(array, start, start + SHOWN_BYTES_MAX) + "… (" + length + " bytes)";
    }

    public static String shown(byte[] bytes) {
        return of("", bytes).shown();
    }

    public static String shorten(String text) {
        return text.length() <= 120 ? text : text.substring(0, 120) + "… (" + text.length() + " characters)";
    }

    private void check(int at, int count) {
        if (at < 0 || count < 0 || at > length - count) {
            throw new Malformed(
                    where(Math.clamp(at, 0, length), 0),
                    count + " bytes at " + at,
                    Math.max(0, (long) length - at) + " of " + length);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && same(bytes);
    }

    @Override
    public int hashCode() {
        var hash = 1;
        for (var i = 0; i < length; i++) {
            hash = 31 * hash + array[start + i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return shown();
    }
}
