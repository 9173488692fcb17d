package dev.plinth.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Entry;
import dev.plinth.kernel.Envelope;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Revision;
import dev.plinth.kernel.Snapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Takes what a group has committed, entry by entry, to the engine's thread. All calls come on one thread of JRaft's. */
final class GroupMachine<C> extends StateMachineAdapter {
    /*
     * What is counted here follows from the log alone, so it is the same on every member: the revision, the stamp, when a checkpoint is
     * due. The engine's thread is behind by what is in its queue.
     */

    /** What the group's journal does with the news. */
    interface Owner {
        /** This member leads from here on, after an entry of the term that this stamp is not later than. */
        void leads(long term, Instant last);

        void follows();

        /** The state was hashed at a checkpoint. */
        void hashed(long index, byte[] hash);

        /** Another member's hash, or this one's, came with the log. */
        void heard(Batch.Hash hash);

        /** The group cannot go on here. */
        void failed(Refused.Code code, String reason);
    }

    private final String name;
    private final Codec<C> codec;
    private final Proposals<C> proposals;
    private final Applier<C> applier;
    private final Checkpoints checkpoints;
    private final Executor background;
    private final Owner owner;
    private final Consumer<String> report;

    /** Written on this thread only; its index is read by who shows how the group stands. */
    private volatile Revision applied = new Revision(0, 0);

    /** Written on this thread only; read by those who ask for the time. */
    private volatile Instant stamp = Instant.EPOCH;

    private boolean atCheckpoint;

    GroupMachine(
            String name,
            Codec<C> codec,
            Proposals<C> proposals,
            Applier<C> applier,
            JournalOptions options,
            Executor background,
            Owner owner,
            Consumer<String> report) {
        this.name = name;
        this.codec = codec;
        this.proposals = proposals;
        this.applier = applier;
        this.checkpoints = new Checkpoints(options);
        this.background = background;
        this.owner = owner;
        this.report = report;
    }

    /** The stamp of the last entry. */
    Instant stamp() {
        return stamp;
    }

    /** How many inputs were handed to the engine's thread, since the group's beginning. */
    long appliedIndex() {
        return applied.index();
    }

    @Override
    public void onApply(Iterator entries) {
        List<Applier.Step<C>> steps = new ArrayList<>();
        while (entries.hasNext()) {
            var bytes = entries.getData();
            int inputs;
            try {
                var batch = Batch.read(bytes);
                if (batch.stamp().isBefore(stamp)) {
                    throw new IllegalArgumentException("its stamp is " + batch.stamp() + ", after " + stamp);
                }
                stamp = batch.stamp();
                inputs = take(batch, entries.getTerm(), steps);
            } catch (RuntimeException e) {
                applier.apply(steps);
                var reason =
                        "entry " + entries.getIndex() + " of group " + name + " cannot be applied: " + e.getMessage();
                owner.failed(Refused.Code.STOPPED, reason);
                entries.setErrorAndRollback(1, new Status(RaftError.ESTATEMACHINE, "%s", reason));
                return;
            }
            if (entries.done() instanceof Ordering ordering) {
                ordering.tell(new Fate.Ordered());
            }
            if (checkpoints.passed(inputs, bytes.remaining())) {
                applier.apply(steps);
                steps = new ArrayList<>();
                atCheckpoint = true;
                entries.commitAndSnapshotSync(this::snapshotTaken);
                atCheckpoint = false;
            }
            entries.next();
        }
        applier.apply(steps);
    }

    /** Returns how many inputs it held. */
    private int take(Batch batch, long term, List<Applier.Step<C>> steps) {
        switch (batch) {
            case Batch.Inputs inputs -> {
                take(inputs, steps);
                return inputs.envelopes().size();
            }
            case Batch.Term began -> {
                if (applied.index() == 0 && applied.incarnation() == 0) {
                    applied = new Revision(began.incarnation(), 0);
                }
                // What came before is with the engine before anybody hears of the new leader.
                applier.apply(List.copyOf(steps));
                steps.clear();
                proposals.termBegan(new Route(term, RaftMember.parse(began.leader())));
            }
            case Batch.Hash hash -> owner.heard(hash);
        }
        return 0;
    }

    private void take(Batch.Inputs batch, List<Applier.Step<C>> steps) {
        if (!proposals.isMine(batch)) {
            for (ByteBuffer envelope : batch.envelopes()) {
                steps.add(new Applier.Step<>(decode(batch, envelope), null));
            }
            return;
        }
        var waiting = proposals.applied(batch);
        for (int i = 0; i < waiting.size(); i++) {
            var one = waiting.get(i);
            if (one == null) {
                steps.add(new Applier.Step<>(decode(batch, batch.envelopes().get(i)), null));
            } else {
                applied = applied.next();
                steps.add(new Applier.Step<>(new Entry<>(applied, batch.stamp(), one.input), one));
            }
        }
    }

    private Entry<C> decode(Batch.Inputs batch, ByteBuffer envelope) {
        var decoded = Envelope.decode(envelope.duplicate(), applied.next(), codec);
        applied = decoded.revision();
        return new Entry<>(applied, batch.stamp(), decoded.input());
    }

    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        var head = new StateFile.Head(applied, stamp, checkpoints.since(), Optional.ofNullable(proposals.route()));
        boolean compared = atCheckpoint;
        var _ = applier.with(member -> member.snapshot()).whenComplete((snapshot, failed) -> {
            if (failed != null) {
                done.run(notTaken(String.valueOf(failed.getMessage())));
            } else {
                background.execute(() -> save(head, snapshot, compared, writer, done));
            }
        });
    }

    private void save(StateFile.Head head, Snapshot snapshot, boolean compared, SnapshotWriter writer, Closure done) {
        try {
            byte[] hash = StateFile.write(Path.of(writer.getPath(), StateFile.NAME), head, snapshot);
            if (!writer.addFile(StateFile.NAME)) {
                throw new IOException("JRaft did not take the file");
            }
            done.run(Status.OK());
            if (compared) {
                owner.hashed(head.revision().index(), hash);
            }
        } catch (IOException | RuntimeException e) {
            report.accept(
                    "no snapshot of group " + name + " at " + head.revision().index() + ": " + e.getMessage());
            done.run(notTaken(String.valueOf(e.getMessage())));
        }
    }

    /** Not EIO, for which JRaft would end the group: without a snapshot the log only grows longer. */
    private static Status notTaken(String reason) {
        return new Status(RaftError.ECANCELED, "%s", reason);
    }

    private void snapshotTaken(Status status) {
        if (!status.isOk() && status.getRaftError() != RaftError.ECANCELED) {
            report.accept("no snapshot of group " + name + " at a checkpoint: " + status.getErrorMsg());
        }
    }

    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        var file = Path.of(reader.getPath(), StateFile.NAME);
        try {
            StateFile.read(file, (head, state) -> {
                restore(head, applier.with(member -> {
                    member.restore(head.revision(), head.stamp(), state);
                    return head;
                }));
            });
            return true;
        } catch (IOException | RuntimeException e) {
            owner.failed(Refused.Code.STORAGE, "snapshot " + file + " cannot be restored: " + e.getMessage());
            return false;
        }
    }

    private void restore(StateFile.Head head, CompletableFuture<StateFile.Head> restored) throws IOException {
        try {
            restored.join();
        } catch (CompletionException e) {
            throw new IOException(e.getCause() == null ? e : e.getCause());
        }
        applied = head.revision();
        stamp = head.stamp();
        checkpoints.restore(head.since());
        proposals.skippedTo(head.route().orElse(null));
    }

    @Override
    public void onLeaderStart(long term) {
        owner.leads(term, stamp);
    }

    @Override
    public void onLeaderStop(Status status) {
        owner.follows();
    }

    @Override
    public void onError(RaftException e) {
        owner.failed(Refused.Code.STORAGE, "group " + name + " stopped here: " + e.getMessage());
    }

    /** JRaft knows its members itself. */
    @Override
    public void onConfigurationCommitted(Configuration members) {}
}
