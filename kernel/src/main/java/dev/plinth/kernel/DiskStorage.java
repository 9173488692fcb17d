package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the machine's file system. Held by a lock file as long as it is open, so that two processes never share it.
 */
public final class DiskStorage implements Storage, AutoCloseable {
    static final String LOCK = "lock";

    private final Path directory;
    private final FileChannel lockFile;
    private final FileLock lock;

    /** Bytes of the blocks in which files are written past the page cache; 0 if they go through it. */
    private final int block;

    private final DirectWrites.Lender lender = new DirectWrites.Lender();

    /**
     * Opens a directory, and makes it if it is not there. Writes go through the page cache.
     *
     * @throws IOException if it cannot be made, or another process (or this one) has it open; the message says which
     */
    public static DiskStorage open(Path directory) throws IOException {
        return open(directory, false);
    }

    /**
     * As {@link #open}, but writes go past the page cache where the file system can do that. For files that are only appended to
     * and synced after each write, as a {@link SegmentStore}'s are: what stands behind a write, up to the end of a block (4 KiB on
     * most file systems), becomes zeros.
     */
    public static DiskStorage openDirect(Path directory) throws IOException {
        return open(directory, true);
    }

    private static DiskStorage open(Path directory, boolean direct) throws IOException {
        var absolute = directory.toAbsolutePath().normalize();
        create(absolute);
        var lockPath = absolute.resolve(LOCK);
        var channel = FileChannel.open(
                lockPath, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            var lock = tryLock(channel);
            if (lock == null) {
                throw new IOException("data directory " + absolute + " is in use: " + holder(channel) + " holds "
                        + lockPath + "; stop it, or choose another directory");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return new DiskStorage(absolute, channel, lock, direct ? DirectWrites.block(lockPath) : 0);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private DiskStorage(Path directory, FileChannel lockFile, FileLock lock, int block) {
        this.directory = directory;
        this.lockFile = lockFile;
        this.lock = lock;
        this.block = block;
    }

    /** Makes the directory so that it survives a crash: each new one is written into its parent. */
    private static void create(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        var parent = directory.getParent();
        if (parent != null) {
            create(parent);
        }
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw new IOException("data directory " + directory + " cannot be made: a file has this name", e);
            }
        }
        if (parent != null) {
            sync(parent);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        var pid = ByteBuffer.allocate(20);
        channel.read(pid, 0);
        var text = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII).strip();
        return text.isEmpty() ? "another process" : "process " + text;
    }

    public Path directory() {
        return directory;
    }

    @Override
    public List<String> list() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(LOCK))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public File open(String name) throws IOException {
        var path = path(name);
        return new DiskFile(
                path,
                FileChannel.open(path, options(StandardOpenOption.READ, StandardOpenOption.WRITE)),
                block,
                lender);
    }

    @Override
    public File create(String name) throws IOException {
        var path = path(name);
        return new DiskFile(
                path,
                FileChannel.open(
                        path,
                        options(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)),
                block,
                lender);
    }

    private Set<OpenOption> options(OpenOption... options) {
        Set<OpenOption> all = new HashSet<>(List.of(options));
        if (block > 0) {
            all.add(DirectWrites.openOption());
        }
        return all;
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(path(from), path(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(path(name));
    }

    @Override
    public void syncDirectory() throws IOException {
        sync(directory);
    }

    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw new IOException("syncing directory " + directory + " failed: " + e.getMessage(), e);
        }
    }

    private Path path(String name) {
        if (name.isEmpty() || name.equals(LOCK) || name.startsWith(".") || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a plain file name: '" + name + "'");
        }
        return directory.resolve(name);
    }

    /** Lets go of the directory. Files that are open stay open. */
    @Override
    public void close() throws IOException {
        try (lockFile) {
            lock.release();
        }
    }

    /** One file. */
    private static final class DiskFile implements File {
        /*
         * A FileChannel closes itself for everybody when a thread that reads it is interrupted. So reads have a channel of their
         * own, which is opened again when that happens; the interrupt is kept for the reader.
         */
        private final Path path;
        private final FileChannel channel;
        private final @Nullable DirectWrites direct;

        /** Replaced by the reader that finds it closed; read by all. */
        private volatile FileChannel reading;

        private boolean closed;

        DiskFile(Path path, FileChannel channel, int block, DirectWrites.Lender lender) throws IOException {
            this.path = path;
            this.channel = channel;
            this.direct = block > 0 ? new DirectWrites(block, lender) : null;
            try {
                this.reading = FileChannel.open(path, StandardOpenOption.READ);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }

        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            int start = to.position();
            boolean interrupted = false;
            try {
                while (true) {
                    // Cleared, for a channel throws and closes itself at the mere sight of it.
                    interrupted |= Thread.interrupted();
                    var from = reading;
                    try {
                        while (to.hasRemaining()) {
                            int count = from.read(to, offset + (to.position() - start));
                            if (count < 0) {
                                break;
                            }
                        }
                        return to.position() - start;
                    } catch (ClosedChannelException e) {
                        reopen(e);
                        to.position(start);
                    }
                }
            } catch (IOException e) {
                throw failed("reading", offset, e);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private synchronized void reopen(ClosedChannelException reason) throws IOException {
            if (closed) {
                throw reason;
            }
            if (!reading.isOpen()) {
                reading = FileChannel.open(path, StandardOpenOption.READ);
            }
        }

        @Override
        public void write(ByteBuffer from, long offset) throws IOException {
            try {
                if (direct != null) {
                    direct.write(channel, from, offset);
                    return;
                }
                long at = offset;
                while (from.hasRemaining()) {
                    at += channel.write(from, at);
                }
            } catch (IOException e) {
                throw failed("writing", offset, e);
            }
        }

        @Override
        public void sync() throws IOException {
            try {
                channel.force(false);
            } catch (IOException e) {
                throw new IOException("syncing " + path + " failed: " + e, e);
            }
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        private IOException failed(String what, long offset, IOException cause) {
            return new IOException(what + " " + path + " at offset " + offset + " failed: " + cause, cause);
        }

        @Override
        public synchronized void close() throws IOException {
            closed = true;
            try (channel) {
                reading.close();
            }
        }
    }
}
