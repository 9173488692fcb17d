package dev.plinth.transactions;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** One file of the history: records of ended transactions, one behind the other, and where each of them is. */
final class HistoryFile {
    /*
     * header  magic (8 bytes), number of the first record (8)
     * record  length of the body (4), CRC32C (4) of the record's number and what follows, id (8), status (1), body
     *
     * What a crash leaves behind the last synced record is never written over: it ends the file, and the next record begins a new
     * one. So a reader can trust every record that fits its checksum.
     *
     * In memory a record takes 13 bytes: id, offset, status.
     */
    private static final long MAGIC = 0x504C_4849_5354_3031L; // PLHIST01

    private static final String PREFIX = "ended-";
    private static final String SUFFIX = ".log";
    private static final int HEADER_BYTES = 16;
    private static final int RECORD_HEADER_BYTES = 17;

    /** Bytes of one record's body; more can only be damage. */
    private static final int BODY_BYTES_MAX = 1 << 30;

    private final String name;
    private final Storage.File file;
    private final long first;

    private int count;
    private long[] ids = new long[256];
    private int[] offsets = new int[256];
    private byte[] statuses = new byte[256];
    private int end = HEADER_BYTES;
    private long idMin = Long.MAX_VALUE;
    private long idMax = Long.MIN_VALUE;

    private HistoryFile(String name, Storage.File file, long first) {
        this.name = name;
        this.file = file;
        this.first = first;
    }

    static boolean named(String name) {
        return name.startsWith(PREFIX)
                && name.endsWith(SUFFIX)
                && name.length() == PREFIX.length() + 16 + SUFFIX.length();
    }

    static String name(long first) {
        return PREFIX + HexFormat.of().toHexDigits(first) + SUFFIX;
    }

    /** Makes an empty file that survives a crash. */
    static HistoryFile create(Storage storage, long first) throws IOException {
        var file = storage.create(name(first));
        try {
            file.write(
                    ByteBuffer.allocate(HEADER_BYTES)
                            .putLong(MAGIC)
                            .putLong(first)
                            .flip(),
                    0);
            file.sync();
            storage.syncDirectory();
            return new HistoryFile(name(first), file, first);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Opens a file and finds its records, up to the first that is not whole.
     *
     * @return empty if it has no header: it was being made when the machine stopped
     */
    static Optional<HistoryFile> open(Storage storage, String name) throws IOException {
        var file = storage.open(name);
        try {
            var header = ByteBuffer.allocate(HEADER_BYTES);
            file.read(header, 0);
            header.flip();
            if (header.remaining() < HEADER_BYTES || header.getLong() != MAGIC) {
                file.close();
                return Optional.empty();
            }
            var opened = new HistoryFile(name, file, header.getLong());
            opened.scan();
            return Optional.of(opened);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private void scan() throws IOException {
        var bytes = ByteBuffer.allocate((int) Math.min(file.size(), Integer.MAX_VALUE));
        file.read(bytes, 0);
        bytes.flip();
        while (bytes.limit() - end >= RECORD_HEADER_BYTES) {
            int length = bytes.getInt(end);
            boolean whole = length > 0
                    && length <= BODY_BYTES_MAX
                    && length <= bytes.limit() - end - RECORD_HEADER_BYTES
                    && bytes.getInt(end + 4) == checksum(first + count, bytes.slice(end + 8, 9 + length));
            if (!whole) {
                return;
            }
            index(bytes.getLong(end + 8), bytes.get(end + 16), end);
            end += RECORD_HEADER_BYTES + length;
        }
    }

    private static int checksum(long number, ByteBuffer idStatusBody) {
        var crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(number).flip());
        crc.update(idStatusBody);
        return (int) crc.getValue();
    }

    private void index(long id, byte status, int offset) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
            statuses = Arrays.copyOf(statuses, count * 2);
        }
        ids[count] = id;
        offsets[count] = offset;
        statuses[count] = status;
        count++;
        idMin = Math.min(idMin, id);
        idMax = Math.max(idMax, id);
    }

    /** Forgets the records from this number on: the file that follows has them. */
    void cutAt(long number) {
        count = (int) Math.min(count, Math.max(0, number - first));
    }

    String name() {
        return name;
    }

    /** The number of its first record, counted from the first that ever was. */
    long first() {
        return first;
    }

    /** The number of the record that would come next. */
    long next() {
        return first + count;
    }

    int count() {
        return count;
    }

    /** Bytes from the start to the end of the last record. */
    int bytes() {
        return end;
    }

    /**
     * Writes the records again and syncs, before anyone relies on them: a killed process may have written them and not synced; or
     * its sync may have failed, after which the system takes them for clean and no later sync would bring them to the disk.
     */
    void makeDurable() throws IOException {
        var bytes = ByteBuffer.allocate(end);
        file.read(bytes, 0);
        file.write(bytes.flip(), 0);
        file.sync();
    }

    /** Whether there is nothing but zeros behind the last record, so that others may follow it. */
    boolean endsClean() throws IOException {
        long rest = file.size() - end;
        if (rest <= 0) {
            return true;
        }
        var bytes = ByteBuffer.allocate((int) Math.min(rest, Integer.MAX_VALUE));
        file.read(bytes, end);
        bytes.flip();
        while (bytes.hasRemaining()) {
            if (bytes.get() != 0) {
                return false;
            }
        }
        return true;
    }

    /** One record to be appended. */
    record Entry(TransactionId id, int status, ByteString body) {
        static Entry of(TransactionView view) {
            return new Entry(view.id(), view.status().code(), StateCodec.encode(view));
        }

        int bytes() {
            return RECORD_HEADER_BYTES + body.size();
        }
    }

    /** Appends records, and returns when they are on the disk. After a failure nothing may be appended any more. */
    void append(List<Entry> entries) throws IOException {
        var bytes = ByteBuffer.allocate(entries.stream().mapToInt(Entry::bytes).sum());
        for (int i = 0; i < entries.size(); i++) {
            var entry = entries.get(i);
            int start = bytes.position();
            bytes.putInt(entry.body().size())
                    .putInt(0)
                    .putLong(entry.id().value())
                    .put((byte) entry.status())
                    .put(entry.body().asReadOnlyByteBuffer());
            bytes.putInt(
                    start + 4,
                    checksum(next() + i, bytes.slice(start + 8, 9 + entry.body().size())));
        }
        file.write(bytes.flip(), end);
        file.sync();
        for (Entry entry : entries) {
            index(entry.id().value(), (byte) entry.status(), end);
            end += entry.bytes();
        }
    }

    /** The place of a transaction's record in this file, -1 if it has none. */
    int indexOf(TransactionId id) {
        if (id.value() < idMin || id.value() > idMax) {
            return -1;
        }
        for (int i = count - 1; i >= 0; i--) {
            if (ids[i] == id.value()) {
                return i;
            }
        }
        return -1;
    }

    /** The status code of a record. */
    int status(int index) {
        return statuses[index];
    }

    TransactionView read(int index) throws IOException {
        var header = ByteBuffer.allocate(RECORD_HEADER_BYTES);
        file.read(header, offsets[index]);
        header.flip();
        if (header.remaining() < RECORD_HEADER_BYTES || header.getLong(8) != ids[index]) {
            throw damaged(index, "its header changed");
        }
        int length = header.getInt(0);
        if (length < 0 || length > end - offsets[index] - RECORD_HEADER_BYTES) {
            throw damaged(index, "its length is " + length);
        }
        var record = ByteBuffer.allocate(9 + length);
        file.read(record, offsets[index] + 8L);
        record.flip();
        if (checksum(first + index, record.duplicate()) != header.getInt(4)) {
            throw damaged(index, "its checksum does not fit");
        }
        return StateCodec.view(ByteString.copyFrom(record.position(9)));
    }

    private IOException damaged(int index, String reason) {
        return new IOException(
                "the history's record at offset " + offsets[index] + " of " + name + " is damaged: " + reason);
    }

    void close(Consumer<String> report) {
        try {
            file.close();
        } catch (IOException e) {
            report.accept("closing " + name + " failed: " + e.getMessage());
        }
    }
}
