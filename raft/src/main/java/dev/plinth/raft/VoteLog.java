package dev.plinth.raft;

import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.option.RaftMetaStorageOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import dev.plinth.kernel.SegmentLog;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The term that a member has seen and whom it voted for in it: what it must not forget, or it would vote twice. */
final class VoteLog implements RaftMetaStorage {
    /*
     * A log of the same segment store as the group's entries, of which only the last entry counts; the ones before are forgotten as
     * soon as it is durable. The alternative, a small file that is synced and renamed, is JRaft's own; here it would be a second way
     * to make things durable beside the store's, with its own syncs for each group when a member dies and all groups elect, and its
     * own faults to be tested.
     *
     * An entry: format 1 | term 8 | the member's name, to the end; empty if no vote was given.
     */
    private static final byte FORMAT = 1;

    private final SegmentLog log;
    private final Consumer<String> report;

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private long term;
    private PeerId votedFor = PeerId.emptyPeer();
    private long next;

    private @Nullable NodeImpl node;

    VoteLog(SegmentLog log, Consumer<String> report) {
        this.log = log;
        this.report = report;
    }

    @Override
    public boolean init(RaftMetaStorageOptions options) {
        node = options.getNode();
        lock.lock();
        try {
            load();
        } catch (IOException | IllegalArgumentException | BufferUnderflowException e) {
            report.accept("the vote in log " + log.name() + " cannot be read: " + e.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
        log.onHoldingBack(this::moveOn);
        return true;
    }

    private void load() throws IOException {
        next = log.lastIndex() + 1;
        var last = log.read(log.lastIndex());
        if (last.isEmpty()) {
            return;
        }
        var bytes = last.get();
        byte format = bytes.get();
        if (format != FORMAT) {
            throw new IOException("vote format " + format + "; this release reads " + FORMAT);
        }
        term = bytes.getLong();
        byte[] name = new byte[bytes.remaining()];
        bytes.get(name);
        var member = new String(name, StandardCharsets.UTF_8);
        var read = PeerId.emptyPeer();
        if (!member.isEmpty() && !read.parse(member)) {
            throw new IOException("a vote for '" + member + "', which is no member's name");
        }
        votedFor = read;
    }

    /** The store's oldest file is held back by the vote, which may be months old: it is written once more, at the end. */
    private void moveOn() {
        // On the store's thread, for which somebody who holds the lock may be waiting; he moves the log on as well.
        if (!lock.tryLock()) {
            return;
        }
        try {
            var _ = write().exceptionally(failed -> {
                report.accept("the vote in log " + log.name() + " could not be written anew: " + failed.getMessage());
                return null;
            });
        } finally {
            lock.unlock();
        }
    }

    /** Completes when it is durable. What came before is forgotten only then: a disk that is full still takes truncations. */
    private CompletableFuture<Void> write() {
        byte[] name = votedFor.isEmpty() ? new byte[0] : votedFor.toString().getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(1 + Long.BYTES + name.length)
                .put(FORMAT)
                .putLong(term)
                .put(name)
                .flip();
        long index = next;
        next++;
        var written = log.append(index, List.of(bytes));
        var _ = written.thenCompose(_ -> log.truncatePrefix(index)).exceptionally(failed -> {
            // It is tried again with the next vote.
            report.accept("old votes in log " + log.name() + " are kept: " + failed.getMessage());
            return null;
        });
        return written;
    }

    private boolean save(long newTerm, PeerId member) {
        lock.lock();
        try {
            term = newTerm;
            votedFor = member.copy();
            write().join();
            return true;
        } catch (CompletionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            next = log.lastIndex() + 1;
            report.accept("the vote in log " + log.name() + " could not be written: " + cause.getMessage());
            if (node != null) {
                // A member that cannot remember its vote must not take part.
                node.onError(new RaftException(
                        EnumOutter.ErrorType.ERROR_TYPE_META, RaftError.EIO, "the vote could not be written"));
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void shutdown() {}

    @Override
    public boolean setTerm(long newTerm) {
        return save(newTerm, getVotedFor());
    }

    @Override
    public long getTerm() {
        lock.lock();
        try {
            return term;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean setVotedFor(PeerId member) {
        return save(getTerm(), member);
    }

    @Override
    public PeerId getVotedFor() {
        lock.lock();
        try {
            return votedFor;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean setTermAndVotedFor(long newTerm, PeerId member) {
        return save(newTerm, member);
    }
}
