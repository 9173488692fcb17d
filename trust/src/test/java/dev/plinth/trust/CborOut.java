package dev.plinth.trust;

import java.nio.charset.StandardCharsets;

/** Writes CBOR. */
final class CborOut {
    private final Out out = new Out();

    CborOut head(int major, long value) {
        var first = major << 5;
        if (value < 24) {
            out.u8(first | value);
        } else if (value < 0x100) {
            out.u8(first | 24).u8(value);
        } else if (value < 0x10000) {
            out.u8(first | 25).be16(value);
        } else {
            out.u8(first | 26).be32(value);
        }
        return this;
    }

    CborOut number(long value) {
        if (value > 0xffff_ffffL) {
            out.u8(27).be64(value);
            return this;
        }
        return value < 0 ? head(1, -1 - value) : head(0, value);
    }

    CborOut bytes(byte[] bytes) {
        head(2, bytes.length);
        out.put(bytes);
        return this;
    }

    CborOut text(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        head(3, bytes.length);
        out.put(bytes);
        return this;
    }

    CborOut array(int size) {
        return head(4, size);
    }

    CborOut map(int size) {
        return head(5, size);
    }

    CborOut tag(long number) {
        return head(6, number);
    }

    CborOut nothing() {
        out.u8(0xf6);
        return this;
    }

    CborOut raw(byte[] bytes) {
        out.put(bytes);
        return this;
    }

    byte[] written() {
        return out.bytes();
    }

    /** A COSE_Sign1 message with ECDSA. */
    static byte[] sign1(int algorithm, String name, java.security.KeyPair keys, byte[] payload) {
        var header = new CborOut().map(1).number(1).number(algorithm).written();
        var toSign = new CborOut()
                .array(4)
                .text("Signature1")
                .bytes(header)
                .bytes(new byte[0])
                .bytes(payload)
                .written();
        return new CborOut()
                .array(4)
                .bytes(header)
                .map(0)
                .bytes(payload)
                .bytes(TestAuthority.sign(name, keys, toSign))
                .written();
    }
}
