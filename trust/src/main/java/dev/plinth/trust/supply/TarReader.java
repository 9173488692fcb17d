package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads a tar archive from its beginning: ustar, with GNU's long names and pax headers (POSIX.1-2024, pax). */
final class TarReader {
    private static final int BLOCK = 512;
    private static final int NAME_BYTES_MAX = 64 * 1024;

    private final InputStream in;
    private Optional<Content> open = Optional.empty();

    TarReader(InputStream in) {
        this.in = in;
    }

    /** The name of the next regular file; empty at the end. */
    Optional<String> next() throws IOException {
        Optional<String> longName = Optional.empty();
        while (true) {
            if (open.isPresent()) {
                open.get().skipRest();
                open = Optional.empty();
            }
            var header = in.readNBytes(BLOCK);
            if (header.length != BLOCK) {
                throw wrong("a header of " + BLOCK + " bytes, or the end", header.length + " bytes");
            }
            if (isZero(header)) {
                return Optional.empty();
            }
            if (sum(header) != number(header, 148, 8)) {
                throw wrong("a header whose checksum fits", "another sum");
            }
            var content = new Content(number(header, 124, 12));
            open = Optional.of(content);
            switch (header[156]) {
                case 'L' -> longName = Optional.of(text(content.small(), 0, Integer.MAX_VALUE));
                case 'x' -> longName = paxPath(content.small());
                case 'K' -> {
                    // A link's target that is long: the name before or after it stays.
                }
                case '0', 0 -> {
                    return Optional.of(longName.orElseGet(() -> name(header)));
                }
                default -> {
                    // A folder, a link, a header for all: none of them has content of its own.
                    var name = longName.orElseGet(() -> name(header));
                    if (Contents.isJar(name)) {
                        throw wrong("jars that are files", "a link or a folder called " + Bytes.shorten(name));
                    }
                    longName = Optional.empty();
                }
            }
        }
    }

    /** Of the file that {@link #next} named. */
    InputStream content() {
        return open.orElseThrow();
    }

    private static String name(byte[] header) {
        var prefix = new String(header, 257, 5, StandardCharsets.US_ASCII).equals("ustar") && header[262] == 0
                ? text(header, 345, 155)
                : "";
        var name = text(header, 0, 100);
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static Optional<String> paxPath(byte[] records) {
        Optional<String> path = Optional.empty();
        int at = 0;
        while (at < records.length) {
            int space = at;
            while (space < records.length && records[space] != ' ') {
                space++;
            }
            var digits = new String(records, at, space - at, StandardCharsets.US_ASCII);
            int length = digits.matches("[1-9][0-9]{0,5}") ? Integer.parseInt(digits) : 0;
            if (length <= digits.length() + 1 || at + length > records.length) {
                throw wrong("pax records, each with its length", Bytes.shorten(digits));
            }
            var record = new String(records, space + 1, length - digits.length() - 2, StandardCharsets.UTF_8);
            if (record.startsWith("path=")) {
                path = Optional.of(record.substring("path=".length()));
            } else if (record.startsWith("size=")) {
                throw wrong("files whose size stands in their header", "a size in a pax record");
            }
            at += length;
        }
        return path;
    }

    private static String text(byte[] bytes, int start, int max) {
        int end = start;
        while (end < bytes.length && end - start < max && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    private static long number(byte[] header, int start, int length) {
        var text = text(header, start, length).strip();
        if (!text.matches("[0-7]{1,11}")) {
            throw wrong("a number of at most 11 octal digits", Bytes.shorten(text));
        }
        return Long.parseLong(text, 8);
    }

    private static long sum(byte[] header) {
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        return sum;
    }

    private static boolean isZero(byte[] block) {
        for (var one : block) {
            if (one != 0) {
                return false;
            }
        }
        return true;
    }

    private static Malformed wrong(String expected, String found) {
        return new Malformed(Where.field("artifact", "tar"), expected, found);
    }

    /** As many bytes as the header says, and those up to the next block. */
    private final class Content extends InputStream {
        private final int padding;
        private long left;

        Content(long size) {
            this.left = size;
            this.padding = (int) ((BLOCK - size % BLOCK) % BLOCK);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(bytes, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw wrong(left + " more bytes of a file", "the end");
            }
            left -= count;
            return count;
        }

        byte[] small() throws IOException {
            if (left > NAME_BYTES_MAX) {
                throw wrong("a name of at most " + NAME_BYTES_MAX + " bytes", left + " bytes");
            }
            return readAllBytes();
        }

        void skipRest() throws IOException {
            in.skipNBytes(left + padding);
            left = 0;
        }
    }
}
