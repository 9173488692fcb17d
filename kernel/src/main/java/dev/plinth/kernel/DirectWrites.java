package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Appends to one file past the page cache (O_DIRECT), from any offset on. What stands behind a write, in the block in which it
 * ends, becomes zeros. For one thread at a time.
 */
final class DirectWrites {
    /*
     * Such writes are whole blocks, from memory that is aligned as the blocks are. What is asked for is copied into such memory,
     * behind what the file has before it in its first block. That is at hand if the write goes on where the last one ended: its
     * last block is kept. The bytes before are written again as they were, so a write that is torn leaves them as they are.
     *
     * A sync has only the disk to wait for then, not the cache: on ext4 on a virtual disk it takes about a fifth less time, and
     * less of the processor's. See docs/design-decisions.md.
     */
    /** ExtendedOpenOption.DIRECT, by its name: it is of the module jdk.unsupported, which a runtime may be without. */
    private static final Optional<OpenOption> OPTION = option();

    /** More than that at once is written in several pieces. */
    private static final int PIECE_BYTES_MAX = 1 << 20;

    /** So much is kept from one write to the next; a larger piece is copied into memory that is lent. */
    private static final int BUFFER_BYTES = 64 << 10;

    /** Memory for large pieces, lent for one write: memory of each piece's own would lie about until the collector comes by. */
    static final class Lender {
        private final AtomicReference<@Nullable ByteBuffer> idle = new AtomicReference<>();

        private ByteBuffer lend(int block) {
            var lent = idle.getAndSet(null);
            return lent == null ? aligned(PIECE_BYTES_MAX + 2 * block, block) : lent;
        }

        /** If two were lent at once, one of them goes. */
        private void takeBack(ByteBuffer lent) {
            idle.set(lent);
        }
    }

    private final int block;
    private final Lender lender;
    private final ByteBuffer buffer;

    /** Where the block is in the file that stands first in {@link #buffer}; -1 if there is none. */
    private long kept = -1;

    DirectWrites(int block, Lender lender) {
        this.block = block;
        this.lender = lender;
        this.buffer = aligned(BUFFER_BYTES, block);
    }

    private static Optional<OpenOption> option() {
        try {
            for (var constant :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (constant instanceof OpenOption option && constant.toString().equals("DIRECT")) {
                    return Optional.of(option);
                }
            }
            return Optional.empty();
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    /** What a file must be opened with; only where {@link #block} is not 0. */
    static OpenOption openOption() {
        return OPTION.orElseThrow();
    }

    /** Bytes of a block on the file system of {@code file}, which is there; 0 if it can be written only through the cache. */
    static int block(Path file) throws IOException {
        long block = Files.getFileStore(file).getBlockSize();
        if (OPTION.isEmpty() || Long.bitCount(block) != 1 || block < 512 || block > BUFFER_BYTES / 2) {
            return 0;
        }
        try {
            FileChannel.open(file, StandardOpenOption.READ, OPTION.get()).close();
            return (int) block;
        } catch (IOException | UnsupportedOperationException e) {
            // It is how a file system says that it has no such thing.
            return 0;
        }
    }

    /** Writes all of {@code from} at {@code offset}. */
    void write(FileChannel channel, ByteBuffer from, long offset) throws IOException {
        long at = offset;
        while (from.hasRemaining()) {
            int length = Math.min(from.remaining(), PIECE_BYTES_MAX);
            writePiece(channel, from.slice(from.position(), length), at);
            from.position(from.position() + length);
            at += length;
        }
    }

    private void writePiece(FileChannel channel, ByteBuffer from, long offset) throws IOException {
        int whole = ((int) (offset & (block - 1)) + from.remaining() + block - 1) & -block;
        if (whole <= buffer.capacity()) {
            writePiece(channel, from, offset, whole, buffer);
            return;
        }
        var lent = lender.lend(block);
        try {
            writePiece(channel, from, offset, whole, lent.clear());
        } finally {
            lender.takeBack(lent);
        }
    }

    /** @param whole the bytes of the blocks that are written, for which {@code to} has room */
    private void writePiece(FileChannel channel, ByteBuffer from, long offset, int whole, ByteBuffer to)
            throws IOException {
        long begin = offset & -block;
        int before = (int) (offset - begin);
        int end = before + from.remaining();
        if (kept == begin) {
            to.put(0, buffer, 0, before);
        } else if (before > 0) {
            read(channel, to, begin, before);
        }
        kept = -1;
        to.put(before, from, from.position(), from.remaining());
        for (int at = end; at < whole; at++) {
            to.put(at, (byte) 0);
        }
        to.clear().limit(whole);
        for (long at = begin; to.hasRemaining(); ) {
            at += channel.write(to, at);
        }
        to.clear();
        buffer.put(0, to, whole - block, block);
        kept = begin + whole - block;
    }

    /** Reads a block, of which the first {@code length} bytes are wanted. */
    private void read(FileChannel channel, ByteBuffer to, long begin, int length) throws IOException {
        to.clear().limit(block);
        if (channel.read(to, begin) < length) {
            throw new IOException("the file ends before offset " + (begin + length));
        }
        to.clear();
    }

    private static ByteBuffer aligned(int bytes, int block) {
        return ByteBuffer.allocateDirect(bytes + block).alignedSlice(block).slice(0, bytes);
    }
}
