package dev.plinth.trust;

import java.math.BigInteger;

/** A reader of DER, as far as vendors' certificate extensions need it: definite lengths, one element after another. */
public final class Der {
    public static final int INTEGER = 0x02;
    public static final int BIT_STRING = 0x03;
    public static final int OCTET_STRING = 0x04;
    public static final int OID = 0x06;
    public static final int ENUMERATED = 0x0a;
    public static final int UTF8_STRING = 0x0c;
    public static final int IA5_STRING = 0x16;
    public static final int SEQUENCE = 0x30;

    private final Bytes in;
    private int at;

    public Der(Bytes in) {
        this.in = in;
    }

    public boolean hasNext() {
        return at < in.length();
    }

    public int tag() {
        return in.u8(at);
    }

    /** The content of the next element, which must have this tag. */
    public Bytes next(int tag) {
        if (tag() != tag) {
            throw new Malformed(in.where(at, 1), "DER tag 0x%02x".formatted(tag), "0x%02x".formatted(tag()));
        }
        return next();
    }

    public Bytes next() {
        var length = in.u8(at + 1);
        var head = 2;
        if (length >= 0x80) {
            var count = length & 0x7f;
            if (count < 1 || count > 3) {
                throw new Malformed(in.where(at + 1, 1), "a DER length of at most three bytes", count + " bytes");
            }
            length = 0;
            for (var i = 0; i < count; i++) {
                length = (length << 8) | in.u8(at + 2 + i);
            }
            if (length < 0x80 || (count > 1 && length >>> (8 * (count - 1)) == 0)) {
                throw new Malformed(
                        in.where(at + 1, 1 + count), "the shortest form of a DER length", Integer.toString(length));
            }
            head += count;
        }
        var content = in.slice(at + head, length);
        at += head + length;
        return content;
    }

    /** The next element with its tag and its length. */
    public Bytes element() {
        var start = at;
        next();
        return in.slice(start, at - start);
    }

    public Der sequence() {
        return new Der(next(SEQUENCE));
    }

    public String oid() {
        var content = next(OID);
        var text = new StringBuilder();
        var value = 0L;
        for (var i = 0; i < content.length(); i++) {
            var octet = content.u8(i);
            if (value > Long.MAX_VALUE >>> 8) {
                throw new Malformed(content.where(), "an object identifier with arcs below 2^55", content.shown());
            }
            value = (value << 7) | (octet & 0x7f);
            if ((octet & 0x80) == 0) {
                if (text.isEmpty()) {
                    var first = Math.min(value / 40, 2);
                    text.append(first).append('.').append(value - 40 * first);
                } else {
                    text.append('.').append(value);
                }
                value = 0;
            }
        }
        return text.toString();
    }

    public int integer(int max) {
        var content = next(INTEGER);
        if (content.length() == 0 || content.length() > 5) {
            throw new Malformed(content.where(), "a whole number of at most " + max, content.shown());
        }
        var value = new BigInteger(content.copy());
        if (value.signum() < 0 || value.compareTo(BigInteger.valueOf(max)) > 0) {
            throw new Malformed(content.where(), "a whole number from 0 to " + max, value.toString());
        }
        return value.intValue();
    }

    public void end() {
        if (hasNext()) {
            throw new Malformed(in.where(at, in.length() - at), "the end", in.length() - at + " more bytes");
        }
    }
}
