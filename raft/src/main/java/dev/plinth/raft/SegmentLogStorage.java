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
import com.alipay.sofa.jraft.error.LogEntryCorruptedException;
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
     * An entry that cannot be read is an exception and never "not there": JRaft takes a missing entry for one of term 0, hence for a
     * conflict with its leader, and would cut the log off before it.
     */
    private final SegmentLog log;
    private final Consumer<String> report;
    private final LogEntryEncoder encoder = LogEntryV2CodecFactory.getInstance().encoder();
    private final LogEntryDecoder decoder = LogEntryV2CodecFactory.getInstance().decoder();

    /** Written on JRaft's disk thread, read by whoever says why the group stopped. */
    private volatile @Nullable Throwable failure;

    SegmentLogStorage(SegmentLog log, Consumer<String> report) {
        this.log = log;
        this.report = report;
    }

    /** Why the log could not be written or read, if that happened. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    @Override
    public boolean init(LogStorageOptions options) {
        try {
            for (long index = log.firstIndex(); index <= log.lastIndex(); index++) {
                var entry = read(index);
                if (entry != null && entry.getType() == EnumOutter.EntryType.ENTRY_TYPE_CONFIGURATION) {
                    collect(entry, options.getConfigurationManager());
                }
            }
            return true;
        } catch (LogEntryCorruptedException e) {
            report.accept("log " + log.name() + " cannot be opened: " + e.getMessage());
            return false;
        }
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
        return read(index);
    }

    private @Nullable LogEntry read(long index) {
        ByteBuffer bytes;
        try {
            var found = log.read(index);
            if (found.isEmpty()) {
                return null;
            }
            bytes = found.get();
        } catch (IOException e) {
            failure = e;
            throw new LogEntryCorruptedException(e.getMessage(), e);
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        var entry = decoder.decode(copy);
        if (entry == null || entry.getId().getIndex() != index) {
            throw new LogEntryCorruptedException("entry " + index + " of log " + log.name() + " is no Raft entry "
                    + (entry == null ? "at all" : "of that index but of " + entry.getId()));
        }
        return entry;
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        var entry = read(index);
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
        return done("append entries from " + first + " on", log.append(first, payloads)) ? entries.size() : 0;
    }

    @Override
    public boolean truncatePrefix(long firstIndexKept) {
        return done("forget entries before " + firstIndexKept, log.truncatePrefix(firstIndexKept));
    }

    @Override
    public boolean truncateSuffix(long lastIndexKept) {
        return done("forget entries after " + lastIndexKept, log.truncateSuffix(lastIndexKept));
    }

    @Override
    public boolean reset(long nextLogIndex) {
        return done("begin anew at " + nextLogIndex, log.reset(nextLogIndex));
    }

    private boolean done(String what, CompletableFuture<Void> change) {
        try {
            change.join();
            return true;
        } catch (CompletionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            failure = cause;
            report.accept("log " + log.name() + " could not " + what + ": " + cause.getMessage());
            return false;
        }
    }
}
