package dev.plinth.raft;

import dev.plinth.kernel.Revision;
import dev.plinth.kernel.Snapshot;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The file in a group's snapshot: the partition's state, and where the group stood. */
final class StateFile {
    /*
     * magic 8 | format 4 | bytes of the head 4 | the head | crc32c of all before 4
     * the state, as Member.snapshot wrote it
     * bytes of state 8 | sha-256 of state 32
     *
     * The head: incarnation 8, index 8, stamp: seconds 8 and nanoseconds 4, inputs and bytes since the last checkpoint 8 and 8, term of
     * the leader 8, its name (UTF, empty if there was none yet). All numbers big-endian.
     *
     * Renaming and syncing the folder is JRaft's part; so the file only has to be whole and on the disk when it is handed over. The hash
     * is what members compare: it is of the state alone, so equal states have equal ones.
     */
    static final String NAME = "state";

    private static final long MAGIC = 0x504C494E_54485246L; // PLINTHRF
    private static final int FORMAT = 1;
    private static final int HEAD_BYTES_MAX = 4096;
    private static final int PIECE_BYTES = 1 << 16;
    /** Of the head, with all but its fields. */
    private static final int FRAME_BYTES = Long.BYTES + 3 * Integer.BYTES;

    private static final int FOOTER_BYTES = Long.BYTES + Batch.HASH_BYTES;

    /** Where the group stood. */
    record Head(Revision revision, Instant stamp, Checkpoints.Since since, Optional<Route> route) {}

    private StateFile() {}

    /** Writes the file and returns the hash of the state when it is on the disk. */
    static byte[] write(Path file, Head head, Snapshot state) throws IOException {
        try (var out = new FileOutputStream(file.toFile())) {
            out.write(encode(head));
            var digest = sha256();
            var counted = new Counted(out, digest);
            try (var buffered = new BufferedOutputStream(counted, PIECE_BYTES)) {
                state.encode(buffered);
            }
            byte[] hash = digest.digest();
            out.write(ByteBuffer.allocate(FOOTER_BYTES)
                    .putLong(counted.bytes)
                    .put(hash)
                    .array());
            out.getFD().sync();
            return hash;
        }
    }

    /** Takes the head and the state of a file that was found whole. */
    interface Reader {
        void read(Head head, InputStream state) throws IOException;
    }

    /**
     * Looks at the whole file, and only then hands it to {@code reader}.
     *
     * @return the hash of the state
     * @throws IOException if it is damaged, and says where; or the reader's
     */
    static byte[] read(Path file, Reader reader) throws IOException {
        byte[] hash = check(file);
        try (var in = open(file)) {
            var head = head(file, in);
            reader.read(head, new Bounded(in, Files.size(file) - headBytes(head) - FOOTER_BYTES));
        }
        return hash;
    }

    private static int headBytes(Head head) throws IOException {
        return FRAME_BYTES + encodedFields(head).length;
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), PIECE_BYTES));
    }

    private static byte[] check(Path file) throws IOException {
        long size = Files.size(file);
        try (var in = open(file)) {
            int headBytes = headBytes(head(file, in));
            long stateBytes = size - headBytes - FOOTER_BYTES;
            var digest = sha256();
            byte[] piece = new byte[PIECE_BYTES];
            for (long left = stateBytes; left > 0; ) {
                int read = in.read(piece, 0, (int) Math.min(left, piece.length));
                if (read < 0) {
                    throw new EOFException();
                }
                digest.update(piece, 0, read);
                left -= read;
            }
            byte[] found = digest.digest();
            byte[] expected = new byte[Batch.HASH_BYTES];
            long bytes = in.readLong();
            in.readFully(expected);
            if (bytes != stateBytes || !Arrays.equals(found, expected)) {
                throw damaged(file, headBytes, "the hash of the state is wrong");
            }
            return found;
        } catch (EOFException e) {
            throw damaged(file, size, "it ends too early");
        }
    }

    private static byte[] encode(Head head) throws IOException {
        byte[] fields = encodedFields(head);
        var to = ByteBuffer.allocate(FRAME_BYTES + fields.length)
                .putLong(MAGIC)
                .putInt(FORMAT)
                .putInt(fields.length)
                .put(fields);
        var crc = new CRC32C();
        crc.update(to.duplicate().flip());
        return to.putInt((int) crc.getValue()).array();
    }

    private static byte[] encodedFields(Head head) throws IOException {
        var fields = new ByteArrayOutputStream();
        var data = new DataOutputStream(fields);
        data.writeLong(head.revision().incarnation());
        data.writeLong(head.revision().index());
        var stamp = head.stamp();
        data.writeLong(stamp.getEpochSecond());
        data.writeInt(stamp.getNano());
        data.writeLong(head.since().inputs());
        data.writeLong(head.since().bytes());
        data.writeLong(head.route().map(Route::term).orElse(0L));
        data.writeUTF(head.route().map(route -> route.leader().toString()).orElse(""));
        return fields.toByteArray();
    }

    private static Head head(Path file, DataInputStream in) throws IOException {
        byte[] frame = new byte[FRAME_BYTES - Integer.BYTES];
        in.readFully(frame);
        var start = ByteBuffer.wrap(frame);
        if (start.getLong() != MAGIC) {
            throw damaged(file, 0, "it has no snapshot header");
        }
        int format = start.getInt();
        if (format != FORMAT) {
            throw new IOException(file + ": snapshot format " + format + "; this release reads " + FORMAT);
        }
        int length = start.getInt();
        if (length < 0 || length > HEAD_BYTES_MAX) {
            throw damaged(file, 12, "a head of " + length + " bytes");
        }
        byte[] fields = new byte[length];
        in.readFully(fields);
        var crc = new CRC32C();
        crc.update(frame);
        crc.update(fields);
        if (in.readInt() != (int) crc.getValue()) {
            throw damaged(file, 0, "the checksum of the head is wrong");
        }
        var data = new DataInputStream(new ByteArrayInputStream(fields));
        var revision = new Revision(data.readLong(), data.readLong());
        var stamp = Instant.ofEpochSecond(data.readLong(), data.readInt());
        var since = new Checkpoints.Since(data.readLong(), data.readLong());
        long term = data.readLong();
        var leader = data.readUTF();
        return new Head(
                revision,
                stamp,
                since,
                leader.isEmpty() ? Optional.empty() : Optional.of(new Route(term, RaftMember.parse(leader))));
    }

    private static IOException damaged(Path file, long offset, String reason) {
        return new IOException("snapshot " + file + " is damaged at offset " + offset + ": " + reason);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Ends with the state: an engine may read to the end of what it is given, and the footer is not its own. */
    private static final class Bounded extends InputStream {
        private final InputStream from;
        private long left;

        Bounded(InputStream from, long bytes) {
            this.from = from;
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                return -1;
            }
            int next = from.read();
            left = next < 0 ? 0 : left - 1;
            return next;
        }

        @Override
        public int read(byte[] to, int start, int length) throws IOException {
            if (left == 0 && length > 0) {
                return -1;
            }
            int count = from.read(to, start, (int) Math.min(length, left));
            left -= Math.max(count, 0);
            return count;
        }
    }

    /** Passes on, and looks at what passes. Left open when it is closed, for the footer follows. */
    private static final class Counted extends OutputStream {
        private final OutputStream to;
        private final MessageDigest digest;
        private long bytes;

        Counted(OutputStream to, MessageDigest digest) {
            this.to = to;
            this.digest = digest;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int start, int length) throws IOException {
            digest.update(from, start, length);
            to.write(from, start, length);
            bytes += length;
        }
    }
}
