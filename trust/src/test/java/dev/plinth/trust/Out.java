package dev.plinth.trust;

import java.io.ByteArrayOutputStream;

/** Writes binary structures, little endian unless it says otherwise. */
final class Out {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Out u8(long value) {
        return number(value, 1, false);
    }

    Out u16(long value) {
        return number(value, 2, false);
    }

    Out u32(long value) {
        return number(value, 4, false);
    }

    Out u64(long value) {
        return number(value, 8, false);
    }

    Out be16(long value) {
        return number(value, 2, true);
    }

    Out be32(long value) {
        return number(value, 4, true);
    }

    Out be64(long value) {
        return number(value, 8, true);
    }

    private Out number(long value, int size, boolean big) {
        for (var i = 0; i < size; i++) {
            bytes.write((int) (value >>> (8 * (big ? size - 1 - i : i))));
        }
        return this;
    }

    Out put(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    Out zeros(int count) {
        return put(new byte[count]);
    }

    int size() {
        return bytes.size();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
