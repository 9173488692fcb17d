package dev.plinth.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.codec.LogEntryDecoder;
import com.alipay.sofa.jraft.entity.codec.LogEntryEncoder;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import dev.plinth.kernel.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A group's Raft log, as one log of the process's segment store. */
final class SegmentLogStorage implements LogStorage {
    /*
     * Every change waits for the store's group commit. All groups of the process have theirs in the same store, so what ten groups
     * append at the same time costs one sync; JRaft's own storage, a RocksDB for each group, makes ten.
     *
     * An entry keeps the index that JRaft gave it, so the two logs' truncations are the same. The bytes are JRaft's own second
     * format, which has all of an entry in it: also the members, in those that change them. Those are collected when the log is
     * opened, for JRaft asks for them before it reads anything else.
     *
     * JRaft forgets an entry once it is applied, and then asks for it again to name its term before whatever it sends next; so the
     * newest are kept at hand, for the store's files are read from the disk and not from the page cache.
     *
     * JRaft takes an entry that cannot be read for one that is not there, hence for a conflict with its leader, and would cut the log off
     * before it; and where an exception would tell it better, it leaves a lock taken for ever. So a failed read answers "not there", and
     * nothing is written or cut off from then on: the failure ends the group on this member.
     */
    private final SegmentLog log;
    private final Consumer<String> report;
    private final LogEntryEncoder encoder = LogEntryV2CodecFactory.getInstance().encoder();
    private final LogEntryDecoder decoder = LogEntryV2CodecFactory.getInstance().decoder();

    private final Runnable broke;
    private final RecentEntries recent = new RecentEntries();

    /** The first failure; set on any of JRaft's threads, read by whoever says why the group stopped. */
    private volatile @Nullable Throwable failure;

    /** @param broke told that the log can be read or written no more; must not wait */
    SegmentLogStorage(SegmentLog log, Consumer<String> report, Runnable broke) {
        this.log = log;
        this.report = report;
        this.broke = broke;
    }

    /** Why the log could not be written or read, if that happened. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    @Override
    public boolean init(LogStorageOptions options) {
        for (long index = log.firstIndex(); index <= log.lastIndex(); index++) {
            var entry = getEntry(index);
            if (entry != null && entry.getType() == EnumOutter.EntryType.ENTRY_TYPE_CONFIGURATION) {
                collect(entry, options.getConfigurationManager());
            }
        }
        return failure == null;
    }

    private static void collect(LogEntry entry, ConfigurationManager members) {
        var change = new ConfigurationEntry();
        change.setId(new LogId(entry.getId().getIndex(), entry.getId().getTerm()));
        change.setConf(new Configuration(entry.getPeers(), entry.getLearners()));
        if (entry.getOldPeers() != null) {
            change.setOldConf(new Configuration(entry.getOldPeers(), entry.getOldLearners()));
        }
        members.add(change);
    }

    /** The store is not this log's to close. */
    @Override
    public void shutdown() {}

    @Override
    public long getFirstLogIndex() {
        return log.firstIndex();
    }

    @Override
    public long getLastLogIndex() {
        return log.lastIndex();
    }

    @Override
    public @Nullable LogEntry getEntry(long index) {
        var known = recent.get(index);
        if (known != null) {
            return known;
        }
        try {
            var bytes = log.read(index);
            return bytes.isEmpty() ? null : decode(index, bytes.get());
        } catch (IOException e) {
            failed("entry " + index + " could not be read", e);
            return null;
        }
    }

    private LogEntry decode(long index, ByteBuffer bytes) throws IOException {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        var entry = decoder.decode(copy);
        if (entry == null || entry.getId().getIndex() != index) {
            throw new IOException("entry " + index + " of log " + log.name() + " is no Raft entry "
                    + (entry == null ? "at all" : "of that index but of " + entry.getId()));
        }
        return entry;
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        var entry = getEntry(index);
        return entry == null ? 0 : entry.getId().getTerm();
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        return appendEntries(List.of(entry)) == 1;
    }

    @Override
    public int appendEntries(List<LogEntry> entries) {
        if (entries.isEmpty()) {
            return 0;
        }
        List<ByteBuffer> payloads = new ArrayList<>(entries.size());
        for (var entry : entries) {
            payloads.add(ByteBuffer.wrap(encoder.encode(entry)));
        }
        long first = entries.getFirst().getId().getIndex();
        if (!done("entries from " + first + " on could not be appended", () -> log.appendHere(first, payloads))) {
            return 0;
        }
        recent.appended(entries);
        return entries.size();
    }

    @Override
    public boolean truncatePrefix(long firstIndexKept) {
        recent.clear();
        return done(
                "entries before " + firstIndexKept + " could not be forgotten",
                () -> log.truncatePrefix(firstIndexKept));
    }

    @Override
    public boolean truncateSuffix(long lastIndexKept) {
        recent.clear();
        return done(
                "entries after " + lastIndexKept + " could not be cut off", () -> log.truncateSuffix(lastIndexKept));
    }

    @Override
    public boolean reset(long nextLogIndex) {
        recent.clear();
        return done("it could not begin anew at " + nextLogIndex, () -> log.reset(nextLogIndex));
    }

    private boolean done(String otherwise, Supplier<CompletableFuture<Void>> change) {
        if (failure != null) {
            return false;
        }
        try {
            change.get().join();
            return true;
        } catch (CompletionException e) {
            failed(otherwise, e.getCause() == null ? e : e.getCause());
            return false;
        }
    }

    private void failed(String what, Throwable cause) {
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = cause;
        }
        report.accept("log " + log.name() + ": " + what + ": " + cause.getMessage());
        broke.run();
    }
}
