package dev.plinth.raft;

import com.alipay.sofa.jraft.JRaftServiceFactory;
import com.alipay.sofa.jraft.entity.codec.LogEntryCodecFactory;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import com.alipay.sofa.jraft.storage.SnapshotStorage;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotStorage;

/** What JRaft keeps of one group, where this house keeps it: entries and votes in the segment store, snapshots in a folder. */
record GroupStorages(SegmentLogStorage entries, VoteLog vote) implements JRaftServiceFactory {
    @Override
    public LogStorage createLogStorage(String uri, com.alipay.sofa.jraft.option.RaftOptions raft) {
        return entries;
    }

    @Override
    public SnapshotStorage createSnapshotStorage(NodeOptions raft) {
        return new LocalSnapshotStorage(raft.getSnapshotUri(), raft.getSnapshotTempUri(), raft.getRaftOptions());
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String uri, com.alipay.sofa.jraft.option.RaftOptions raft) {
        return vote;
    }

    @Override
    public LogEntryCodecFactory createLogEntryCodecFactory() {
        return LogEntryV2CodecFactory.getInstance();
    }
}
