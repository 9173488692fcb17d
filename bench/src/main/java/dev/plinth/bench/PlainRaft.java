package dev.plinth.bench;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.RaftGroupService;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcServerFactory;
import com.alipay.sofa.jraft.rpc.RpcServer;
import dev.plinth.kernel.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The reference: SOFAJRaft as it comes, three members in one process, each command a task of its own, each group with JRaft's own log
 * storage (RocksDB), synced.
 */
final class PlainRaft implements AutoCloseable {
    private static final Duration LEADERS_WITHIN = Duration.ofSeconds(60);

    /** Tells the clients, and keeps nothing. */
    private static final class Told extends StateMachineAdapter {
        @Override
        public void onApply(Iterator entries) {
            while (entries.hasNext()) {
                var done = entries.done();
                if (done != null) {
                    done.run(com.alipay.sofa.jraft.Status.OK());
                }
                entries.next();
            }
        }
    }

    private final int groups;
    private final List<RpcServer> servers = new ArrayList<>();
    private final List<RaftGroupService> services = new ArrayList<>();

    PlainRaft(Path directory, int groups) throws IOException, InterruptedException {
        this.groups = groups;
        var peers = Members.addresses().stream()
                .map(port -> new PeerId("127.0.0.1", port))
                .toList();
        for (var peer : peers) {
            var server = RaftRpcServerFactory.createRaftRpcServer(peer.getEndpoint());
            server.init(null);
            servers.add(server);
            for (int g = 0; g < groups; g++) {
                var own = directory.resolve(peer.getPort() + "-" + g);
                Files.createDirectories(own);
                var service = new RaftGroupService("bench" + g, peer, options(own, peers), server, true);
                service.start(false);
                services.add(service);
            }
        }
        awaitLeaders();
    }

    private static NodeOptions options(Path own, List<PeerId> peers) {
        var options = new NodeOptions();
        options.setFsm(new Told());
        options.setLogUri(own.resolve("log").toString());
        options.setRaftMetaUri(own.resolve("meta").toString());
        options.setInitialConf(new Configuration(peers));
        options.setSnapshotIntervalSecs(0);
        var raft = new RaftOptions();
        raft.setSync(true);
        options.setRaftOptions(raft);
        return options;
    }

    private void awaitLeaders() throws IOException, InterruptedException {
        long end = System.nanoTime() + LEADERS_WITHIN.toNanos();
        while (leaders().size() < groups) {
            if (System.nanoTime() > end) {
                throw new IOException("after " + LEADERS_WITHIN.toSeconds() + " s only "
                        + leaders().size() + " of " + groups + " groups have a leader");
            }
            Thread.sleep(100);
        }
    }

    private List<Node> leaders() {
        return services.stream()
                .map(RaftGroupService::getRaftNode)
                .filter(Node::isLeader)
                .toList();
    }

    /** Each group, at the member that leads it. */
    List<Clients.Log> atLeaders() {
        return leaders().stream().<Clients.Log>map(PlainRaft::log).toList();
    }

    private static Clients.Log log(Node node) {
        return (command, client) -> node.apply(new Task(bytes(command), (Closure) status -> {
            if (status.isOk()) {
                client.answer();
            } else {
                client.refused(new Refused(Refused.Code.UNKNOWN, status.getErrorMsg()));
            }
        }));
    }

    /** JRaft takes only what has an array. */
    private static ByteBuffer bytes(ByteBuffer command) {
        byte[] bytes = new byte[command.remaining()];
        command.get(command.position(), bytes);
        return ByteBuffer.wrap(bytes);
    }

    @Override
    public void close() throws IOException {
        try {
            for (var service : services) {
                service.shutdown();
            }
            for (var service : services) {
                service.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the groups ended", e);
        } finally {
            servers.forEach(RpcServer::shutdown);
        }
    }
}
