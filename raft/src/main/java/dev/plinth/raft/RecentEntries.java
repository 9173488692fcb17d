package dev.plinth.raft;

import com.alipay.sofa.jraft.entity.LogEntry;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest entries of a log, so that most questions about it need no disk. */
final class RecentEntries {
    /*
     * A ring by index. An entry is put in when it is on disk, hence never one that the disk may not have; whoever cuts the log off
     * empties the ring first, on the thread that appends.
     */
    private static final int COUNT = 16;

    private static final int BYTES_MAX = 1 << 20;

    private final @Nullable LogEntry[] entries = new LogEntry[COUNT];
    private long bytes;

    synchronized @Nullable LogEntry get(long index) {
        var entry = entries[slot(index)];
        return entry != null && entry.getId().getIndex() == index ? entry : null;
    }

    /** Entries that follow one another. */
    synchronized void appended(List<LogEntry> added) {
        for (var entry : added.subList(Math.max(0, added.size() - COUNT), added.size())) {
            int slot = slot(entry.getId().getIndex());
            bytes += size(entry) - size(entries[slot]);
            entries[slot] = entry;
            if (bytes > BYTES_MAX) {
                clear();
            }
        }
    }

    synchronized void clear() {
        Arrays.fill(entries, null);
        bytes = 0;
    }

    private static int slot(long index) {
        return Math.floorMod(index, COUNT);
    }

    private static long size(@Nullable LogEntry entry) {
        return entry == null || entry.getData() == null ? 0 : entry.getData().remaining();
    }
}
