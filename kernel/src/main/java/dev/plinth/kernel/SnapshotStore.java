package dev.plinth.kernel;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** The snapshots of one log: the two newest that can be believed. */
final class SnapshotStore {
    /*
     * header, 48 bytes: magic 8 | format 4 | 0 4 | incarnation 8 | index 8 | stamp: seconds 8, nanoseconds 4 | crc32c 4
     * the state, as Member.snapshot wrote it
     * footer, 44 bytes: bytes of state 8 | crc32c of state 4 | sha-256 of state 32
     *
     * All numbers big-endian. A snapshot is written under another name, synced, renamed, and the directory synced: under its own
     * name it is whole, or the disk has damaged it. For that case there are two, and the log goes back to the older one.
     *
     * The hash is what members compare: equal states have equal hashes.
     */
    static final int FORMAT = 1;
    static final int HEADER_BYTES = 48;
    static final int FOOTER_BYTES = 44;

    private static final long MAGIC = 0x504C494E_5448534EL; // PLINTHSN
    private static final String SUFFIX = ".snapshot";
    private static final int DIGITS = 19;
    private static final int KEPT = 2;
    private static final int PIECE_BYTES = 1 << 16;

    /** A snapshot that is on the disk and was whole when it was last looked at. */
    record Kept(String name, Revision revision, Instant stamp, String hash, long stateBytes) {}

    private final Storage storage;
    private final String log;
    private final Consumer<String> report;

    /** From the oldest to the newest. Guarded by this. */
    private final List<Kept> kept = new ArrayList<>();

    SnapshotStore(Storage storage, String log, Consumer<String> report) {
        this.storage = storage;
        this.log = log;
        this.report = report;
    }

    /** Looks at every snapshot there is; a damaged one is reported and passed over. */
    synchronized void open() throws IOException {
        kept.clear();
        for (var name : names()) {
            try {
                kept.add(check(name));
            } catch (Damaged e) {
                report.accept(e.getMessage());
            }
        }
    }

    /** The newest one that is whole. */
    synchronized Optional<Kept> newest() {
        return kept.isEmpty() ? Optional.empty() : Optional.of(kept.getLast());
    }

    /** How many there are by name, whole or not. */
    int count() throws IOException {
        return names().size();
    }

    /** The state in a snapshot. */
    InputStream read(Kept snapshot) throws IOException {
        var file = storage.open(snapshot.name());
        return new BufferedInputStream(
                new FileInput(file, HEADER_BYTES, HEADER_BYTES + snapshot.stateBytes()), PIECE_BYTES);
    }

    /**
     * Writes a snapshot and lets go of all but the two newest.
     *
     * @return the index up to which the log may forget: that of the older one; 0 if there is no older one yet
     */
    synchronized long save(Revision revision, Instant stamp, Snapshot snapshot) throws IOException {
        var temporary = log + ".tmp";
        if (storage.list().contains(temporary)) {
            storage.delete(temporary);
        }
        var name = name(revision.index());
        Kept saved;
        try {
            saved = write(temporary, name, revision, stamp, snapshot);
            storage.rename(temporary, name);
            storage.syncDirectory();
        } catch (IOException | RuntimeException e) {
            try {
                if (storage.list().contains(temporary)) {
                    storage.delete(temporary);
                }
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
        kept.removeIf(other -> other.revision().index() >= revision.index());
        kept.add(saved);
        while (kept.size() > KEPT) {
            kept.removeFirst();
        }
        for (var other : names()) {
            if (kept.stream().noneMatch(one -> one.name().equals(other))) {
                storage.delete(other);
            }
        }
        storage.syncDirectory();
        return kept.size() < KEPT ? 0 : kept.getFirst().revision().index();
    }

    /** Lets go of all of them. */
    synchronized void deleteAll() throws IOException {
        kept.clear();
        var names = names();
        for (var name : names) {
            storage.delete(name);
        }
        if (!names.isEmpty()) {
            storage.syncDirectory();
        }
    }

    private Kept write(String file, String name, Revision revision, Instant stamp, Snapshot snapshot)
            throws IOException {
        try (var to = storage.create(file)) {
            to.write(header(revision, stamp), 0);
            var output = new FileOutput(to, HEADER_BYTES);
            try (var buffered = new BufferedOutputStream(output, PIECE_BYTES)) {
                snapshot.encode(buffered);
            }
            byte[] hash = output.hash.digest();
            var footer = ByteBuffer.allocate(FOOTER_BYTES)
                    .putLong(output.offset - HEADER_BYTES)
                    .putInt((int) output.crc.getValue())
                    .put(hash)
                    .flip();
            to.write(footer, output.offset);
            to.sync();
            return new Kept(name, revision, stamp, HexFormat.of().formatHex(hash), output.offset - HEADER_BYTES);
        }
    }

    private static ByteBuffer header(Revision revision, Instant stamp) {
        var header = ByteBuffer.allocate(HEADER_BYTES)
                .putLong(MAGIC)
                .putInt(FORMAT)
                .putInt(0)
                .putLong(revision.incarnation())
                .putLong(revision.index())
                .putLong(stamp.getEpochSecond())
                .putInt(stamp.getNano());
        var crc = new CRC32C();
        crc.update(header.duplicate().flip());
        return header.putInt((int) crc.getValue()).flip();
    }

    private Kept check(String name) throws IOException, Damaged {
        try (var file = storage.open(name)) {
            long size = file.size();
            if (size < HEADER_BYTES + FOOTER_BYTES) {
                throw new Damaged(name, 0, "it has " + size + " bytes");
            }
            var header = read(file, 0, HEADER_BYTES);
            var crc = new CRC32C();
            crc.update(header.duplicate().limit(HEADER_BYTES - 4));
            if (header.getLong() != MAGIC || header.getInt(HEADER_BYTES - 4) != (int) crc.getValue()) {
                throw new Damaged(name, 0, "it has no snapshot header");
            }
            int format = header.getInt();
            if (format != FORMAT) {
                throw new IOException(name + ": snapshot format " + format + "; this release reads " + FORMAT);
            }
            header.getInt();
            var revision = new Revision(header.getLong(), header.getLong());
            var stamp = Instant.ofEpochSecond(header.getLong(), header.getInt());
            if (!name.equals(name(revision.index()))) {
                throw new Damaged(name, 24, "its header says index " + revision.index());
            }
            long end = size - FOOTER_BYTES;
            var footer = read(file, end, FOOTER_BYTES);
            var hash = sha256();
            var body = new CRC32C();
            for (long at = HEADER_BYTES; at < end; at += PIECE_BYTES) {
                var piece = read(file, at, (int) Math.min(PIECE_BYTES, end - at));
                body.update(piece.duplicate());
                hash.update(piece);
            }
            if (footer.getLong() != end - HEADER_BYTES || footer.getInt() != (int) body.getValue()) {
                throw new Damaged(name, HEADER_BYTES, "the checksum of the state is wrong");
            }
            byte[] expected = new byte[32];
            footer.get(expected);
            byte[] found = hash.digest();
            if (!Arrays.equals(expected, found)) {
                throw new Damaged(name, HEADER_BYTES, "the hash of the state is wrong");
            }
            return new Kept(name, revision, stamp, HexFormat.of().formatHex(found), end - HEADER_BYTES);
        }
    }

    private static ByteBuffer read(Storage.File file, long offset, int length) throws IOException {
        var bytes = ByteBuffer.allocate(length);
        if (file.read(bytes, offset) < length) {
            throw new IOException("a snapshot ended at offset " + (offset + bytes.position()) + " while it was read");
        }
        return bytes.flip();
    }

    /** The names of this log's snapshots, from the oldest to the newest. */
    private List<String> names() throws IOException {
        return storage.list().stream()
                .filter(name -> name.length() == log.length() + 1 + DIGITS + SUFFIX.length()
                        && name.startsWith(log + "-")
                        && name.endsWith(SUFFIX)
                        && name.substring(log.length() + 1, log.length() + 1 + DIGITS)
                                .chars()
                                .allMatch(c -> c >= '0' && c <= '9'))
                .sorted()
                .toList();
    }

    private String name(long index) {
        return String.format(Locale.ROOT, "%s-%0" + DIGITS + "d%s", log, index, SUFFIX);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** A snapshot that cannot be believed. */
    private static final class Damaged extends Exception {
        Damaged(String name, long offset, String reason) {
            super("snapshot " + name + " is damaged at offset " + offset + ": " + reason + "; it is passed over");
        }
    }

    private static final class FileOutput extends OutputStream {
        private final Storage.File file;
        private final CRC32C crc = new CRC32C();
        private final MessageDigest hash = sha256();
        private long offset;

        FileOutput(Storage.File file, long offset) {
            this.file = file;
            this.offset = offset;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            crc.update(bytes, start, length);
            hash.update(bytes, start, length);
            file.write(ByteBuffer.wrap(bytes, start, length), offset);
            offset += length;
        }
    }

    private static final class FileInput extends InputStream {
        private final Storage.File file;
        private final long end;
        private long offset;

        FileInput(Storage.File file, long offset, long end) {
            this.file = file;
            this.offset = offset;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int start, int length) throws IOException {
            int wanted = (int) Math.min(length, end - offset);
            if (wanted <= 0) {
                return length == 0 ? 0 : -1;
            }
            int count = file.read(ByteBuffer.wrap(to, start, wanted), offset);
            if (count == 0) {
                return -1;
            }
            offset += count;
            return count;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
