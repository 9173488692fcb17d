package dev.plinth.raft;

import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.impl.BoltRaftRpcFactory;
import com.alipay.sofa.jraft.rpc.impl.BoltRpcClient;
import com.alipay.sofa.jraft.util.SPI;

/**
 * Makes JRaft's clients with the TLS of the group that they are for. Public because JRaft finds it as a service; not for use.
 */
@SPI(priority = 10)
public final class BoundRpcFactory extends BoltRaftRpcFactory {
    // JRaft's own factory takes TLS from system properties, one for the whole process and without a word about its
    // absence.

    @Override
    public ConfigHelper<RpcClient> defaultJRaftClientConfigHelper(RpcOptions options) {
        return client -> {
            if (options instanceof GroupOptions group && client instanceof BoltRpcClient bolt) {
                group.tls().ifPresent(tls -> tls.protect(bolt.getRpcClient()));
            }
        };
    }
}
