package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.entity.NodeId;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.impl.BoltRpcClient;
import com.google.protobuf.ByteString;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The next leader is heard whatever is left of the one before. */
class AppendsTest {
    private static final String GROUP = "appends";
    private static final int ANSWER_MILLIS_MAX = 5_000;

    @TempDir
    Path directory;

    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CompletableFuture<Void> inTheMidst = new CompletableFuture<>();

    @Test
    void the_next_leader_is_heard_while_a_request_of_the_one_before_is_not_done_and_its_connection_is_gone()
            throws Exception {
        var members = Cluster.members(3);
        var self = members.getFirst();
        var node = member(self);
        try (var _ = RaftDoor.open(RaftOptions.of(self, members, directory), (_, _, _, _) -> {})) {
            NodeManager.getInstance().add(node);
            var before = client();
            var after = client();
            try {
                try {
                    var _ = append(before, self, members.get(1), "first");
                    inTheMidst.get(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS);
                    var _ = append(before, self, members.get(1), "second");
                } finally {
                    before.shutdown();
                }
                var heard = append(after, self, members.get(2), "third");

                assertThat(heard.get(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS).getSuccess())
                        .isTrue();
            } finally {
                goOn.countDown();
                after.shutdown();
                NodeManager.getInstance().remove(node);
            }
        }
    }

    /** A member that takes what it gets, except that the first request waits for the end of the test. */
    private Node member(RaftMember self) {
        var options = new com.alipay.sofa.jraft.option.RaftOptions();
        return (Node) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Node.class, RaftServerService.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "getNodeId" -> new NodeId(GROUP, self.peer());
                    case "getGroupId" -> GROUP;
                    case "equals" -> Proxy.isProxyClass(arguments[0].getClass());
                    case "getRaftOptions" -> options;
                    case "handleAppendEntriesRequest" -> take((AppendEntriesRequest) arguments[0]);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private AppendEntriesResponse take(AppendEntriesRequest request) throws InterruptedException {
        if (request.getData().toStringUtf8().equals("first")) {
            inTheMidst.complete(null);
            goOn.await();
        }
        return AppendEntriesResponse.newBuilder().setSuccess(true).setTerm(1).build();
    }

    private static BoltRpcClient client() {
        var client = new BoltRpcClient(new com.alipay.remoting.rpc.RpcClient());
        client.init(new RpcOptions());
        return client;
    }

    private static CompletableFuture<AppendEntriesResponse> append(
            BoltRpcClient client, RaftMember to, RaftMember from, String data) throws Exception {
        var answer = new CompletableFuture<AppendEntriesResponse>();
        client.invokeAsync(
                to.peer().getEndpoint(),
                AppendEntriesRequest.newBuilder()
                        .setGroupId(GROUP)
                        .setServerId(from.toString())
                        .setPeerId(to.toString())
                        .setTerm(1)
                        .setPrevLogIndex(0)
                        .setPrevLogTerm(0)
                        .setCommittedIndex(0)
                        .setData(ByteString.copyFromUtf8(data))
                        .build(),
                null,
                (result, failed) -> {
                    if (result instanceof AppendEntriesResponse response) {
                        answer.complete(response);
                    } else {
                        answer.completeExceptionally(failed);
                    }
                },
                ANSWER_MILLIS_MAX);
        return answer;
    }
}
