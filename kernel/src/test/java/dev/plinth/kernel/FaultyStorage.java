package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that loses whatever a real one may lose.
 *
 * <p>What was written and not synced is in the page cache: readable, and gone or torn after {@link #powerLoss}. Each sector of 512
 * bytes is written whole or not at all, in any order; files made, renamed and deleted since the last sync of the directory are
 * kept up to a random one of them. {@link #kill} ends the process and leaves the page cache. Both make all open files unusable.
 *
 * <p>Not for many threads.
 */
public final class FaultyStorage implements Storage {
    public static final int SECTOR_BYTES = 512;

    /** One file's bytes: as a reader sees them, and as the disk has them. */
    private static final class Content {
        byte[] cached = new byte[0];
        byte[] durable = new byte[0];
        /** Sectors where the two may differ and the cache knows. */
        final BitSet dirty = new BitSet();

        void write(ByteBuffer from, long offset) {
            int start = Math.toIntExact(offset);
            int end = start + from.remaining();
            if (end == start) {
                return;
            }
            if (end > cached.length) {
                cached = Arrays.copyOf(cached, end);
            }
            from.get(cached, start, end - start);
            dirty.set(start / SECTOR_BYTES, (end - 1) / SECTOR_BYTES + 1);
        }

        /** Brings one sector to the disk. */
        void land(int sector) {
            int start = sector * SECTOR_BYTES;
            int end = Math.min(start + SECTOR_BYTES, cached.length);
            if (end > durable.length) {
                durable = Arrays.copyOf(durable, end);
            }
            System.arraycopy(cached, start, durable, start, end - start);
        }

        void sync() {
            dirty.stream().forEach(this::land);
            dirty.clear();
        }

        Content copy() {
            var copy = new Content();
            copy.cached = cached.clone();
            copy.durable = durable.clone();
            copy.dirty.or(dirty);
            return copy;
        }
    }

    /** A change of the directory that is not synced. */
    private interface Change {
        void apply(Map<String, Content> directory);
    }

    private final TreeMap<String, Content> cached = new TreeMap<>();
    private final TreeMap<String, Content> durable = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private int life;
    private long syncs;
    private long capacityBytes = Long.MAX_VALUE;
    private boolean failsWrites;
    private boolean failsSyncs;
    private boolean liesAboutSyncs;
    private boolean liesAboutDirectory;
    private int changesLeft = Integer.MAX_VALUE;

    /** How often any file was synced. */
    public long syncs() {
        return syncs;
    }

    /** Files may have so many bytes in all; a write beyond fails, as on a full disk. */
    public void capacityBytes(long bytes) {
        capacityBytes = bytes;
    }

    /** From now on every write fails, after a part of it was done. */
    public void failWrites(boolean fail) {
        failsWrites = fail;
    }

    /** From now on every sync fails. As in Linux, what it was asked to sync counts as clean after that. */
    public void failSyncs(boolean fail) {
        failsSyncs = fail;
    }

    /** From now on syncs report success and do nothing: a disk that lies. */
    public void lieAboutSyncs(boolean lie) {
        liesAboutSyncs = lie;
    }

    /** From now on syncs of the directory report success and do nothing. */
    public void lieAboutDirectory(boolean lie) {
        liesAboutDirectory = lie;
    }

    /** After so many more changes and syncs the machine stops: nothing works any more until {@link #powerLoss} or {@link #kill}. */
    public void stopAfter(int changes) {
        changesLeft = changes;
    }

    /** Whether it came to that. */
    public boolean stopped() {
        return changesLeft == 0;
    }

    private void count() throws IOException {
        if (changesLeft == 0) {
            throw new IOException("the machine has stopped (simulated)");
        }
        if (changesLeft != Integer.MAX_VALUE) {
            changesLeft--;
        }
    }

    /** The process ends; the system, and what it has in memory, goes on. */
    public void kill() {
        life++;
        changesLeft = Integer.MAX_VALUE;
    }

    /** The machine loses power. */
    public void powerLoss(RandomGenerator random) {
        kill();
        int kept = changes.isEmpty() ? 0 : random.nextInt(changes.size() + 1);
        changes.subList(0, kept).forEach(change -> change.apply(durable));
        changes.clear();
        cached.clear();
        cached.putAll(durable);
        // Some power losses keep nearly all of what was on its way, some nearly nothing.
        int keepPercent = random.nextInt(5) * 25;
        for (var content : cached.values()) {
            content.dirty.stream().forEach(sector -> {
                if (random.nextInt(100) < keepPercent) {
                    content.land(sector);
                }
            });
            content.dirty.clear();
            content.cached = content.durable.clone();
        }
    }

    /** Damages the disk. */
    public void flipBit(String name, long offset, int bit) {
        var content = content(name);
        int at = Math.toIntExact(offset);
        content.cached[at] ^= (byte) (1 << bit);
        content.durable[at] ^= (byte) (1 << bit);
    }

    /** Sets the bytes of a file from {@code offset} to its end to zero, on the disk too: a tail that never arrived. */
    public void cut(String name, long offset) {
        var content = content(name);
        int from = Math.toIntExact(offset);
        Arrays.fill(content.cached, from, content.cached.length, (byte) 0);
        if (from < content.durable.length) {
            Arrays.fill(content.durable, from, content.durable.length, (byte) 0);
        }
    }

    /** A file's bytes, as a reader sees them. */
    public byte[] bytes(String name) {
        return content(name).cached.clone();
    }

    /** Another disk with the same files. */
    public FaultyStorage copy() {
        var copy = new FaultyStorage();
        durable.forEach((name, content) -> copy.durable.put(name, content.copy()));
        cached.forEach((name, content) -> {
            // The same content in both directories, as here, where it is the same.
            var twin = durable.get(name);
            copy.cached.put(name, twin != null && twin.equals(content) ? copy.durable.get(name) : content.copy());
        });
        if (!changes.isEmpty()) {
            throw new IllegalStateException("sync the directory first");
        }
        return copy;
    }

    private Content content(String name) {
        var content = cached.get(name);
        if (content == null) {
            throw new IllegalArgumentException("no file " + name + " among " + cached.keySet());
        }
        return content;
    }

    private void change(Change change) throws IOException {
        count();
        change.apply(cached);
        changes.add(change);
    }

    @Override
    public List<String> list() {
        return List.copyOf(cached.keySet());
    }

    @Override
    public File open(String name) throws IOException {
        var content = cached.get(name);
        if (content == null) {
            throw new NoSuchFileException(name);
        }
        return new OpenFile(name, content);
    }

    @Override
    public File create(String name) throws IOException {
        if (cached.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        var content = new Content();
        change(directory -> directory.put(name, content));
        return new OpenFile(name, content);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        if (!cached.containsKey(from)) {
            throw new NoSuchFileException(from);
        }
        change(directory -> {
            var content = directory.remove(from);
            if (content != null) {
                directory.put(to, content);
            }
        });
    }

    @Override
    public void delete(String name) throws IOException {
        if (!cached.containsKey(name)) {
            throw new NoSuchFileException(name);
        }
        change(directory -> directory.remove(name));
    }

    @Override
    public void syncDirectory() throws IOException {
        count();
        if (failsSyncs) {
            throw new IOException("syncing the directory failed: a simulated fault");
        }
        if (!liesAboutDirectory) {
            changes.forEach(change -> change.apply(durable));
            changes.clear();
        }
    }

    private final class OpenFile implements File {
        private final String name;
        private final Content content;
        private final int born = life;
        private boolean closed;

        OpenFile(String name, Content content) {
            this.name = name;
            this.content = content;
        }

        private void check() throws IOException {
            if (closed || born != life) {
                throw new IOException(name + " is closed");
            }
        }

        @Override
        public int read(ByteBuffer to, long offset) throws IOException {
            check();
            if (offset >= content.cached.length) {
                return 0;
            }
            int count = (int) Math.min(to.remaining(), content.cached.length - offset);
            to.put(content.cached, (int) offset, count);
            return count;
        }

        @Override
        public void write(ByteBuffer from, long offset) throws IOException {
            check();
            count();
            if (failsWrites) {
                content.write(from.slice(from.position(), from.remaining() / 2), offset);
                throw new IOException("writing " + name + " at offset " + offset + " failed: a simulated fault");
            }
            long grown = Math.max(0, offset + from.remaining() - content.cached.length);
            long used = cached.values().stream()
                    .mapToLong(file -> file.cached.length)
                    .sum();
            if (grown > 0 && used + grown > capacityBytes) {
                throw new IOException(
                        "writing " + name + " at offset " + offset + " failed: No space left on device (simulated)");
            }
            content.write(from, offset);
        }

        @Override
        public void sync() throws IOException {
            check();
            count();
            syncs++;
            if (failsSyncs) {
                content.dirty.clear();
                throw new IOException("syncing " + name + " failed: a simulated fault");
            }
            if (!liesAboutSyncs) {
                content.sync();
            }
        }

        @Override
        public long size() throws IOException {
            check();
            return content.cached.length;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
