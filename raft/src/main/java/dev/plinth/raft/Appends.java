package dev.plinth.raft;

import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequestHeader;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.impl.core.NodeRequestProcessor;
import com.google.protobuf.Message;
import dev.plinth.kernel.OneByOne;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;

/** Takes a leader's entries and heartbeats: those from one member for one group in the order in which they came. */
final class Appends extends NodeRequestProcessor<AppendEntriesRequest> {
    /*
     * JRaft's own processor has a thread for each leader and group. When the leader's connection breaks it ends that thread, and waits
     * for it up to ten seconds under a lock that the thread may want for its next request, and that the first request of the next leader
     * wants on a thread of the network: a member that was taking entries when its leader died then heard nobody for ten seconds.
     *
     * Here there is nothing to end: a row of requests has no thread while it is empty. There are as many rows as members have led
     * groups. (JRaft's also puts its answers in order; the leader does that again, for it numbers its requests.)
     */
    /** Four times what a leader has under way to one member. */
    private static final int WAITING_MAX = 1_024;

    private record Way(String group, String from, String to) {}

    private final Executor threads;
    private final ConcurrentMap<Way, OneByOne> rows = new ConcurrentHashMap<>();

    Appends(Executor threads) {
        super(threads, AppendEntriesResponse.getDefaultInstance());
        this.threads = threads;
    }

    @Override
    public String interest() {
        return AppendEntriesRequest.class.getName();
    }

    /** Called in the order in which requests come, on the connection's thread. */
    @Override
    public ExecutorSelector executorSelector() {
        return (_, header) -> header instanceof AppendEntriesRequestHeader from
                ? rows.computeIfAbsent(
                        new Way(from.getGroupId(), from.getServerId(), from.getPeerId()),
                        _ -> new OneByOne(threads, WAITING_MAX))
                : threads;
    }

    @Override
    protected String getPeerId(AppendEntriesRequest request) {
        return request.getPeerId();
    }

    @Override
    protected String getGroupId(AppendEntriesRequest request) {
        return request.getGroupId();
    }

    @Override
    protected Message processRequest0(RaftServerService node, AppendEntriesRequest request, RpcRequestClosure done) {
        return node.handleAppendEntriesRequest(request, done);
    }
}
