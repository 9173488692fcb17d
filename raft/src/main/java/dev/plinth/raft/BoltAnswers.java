package dev.plinth.raft;

import com.alipay.remoting.ProtocolCode;
import com.alipay.remoting.ProtocolManager;
import com.alipay.remoting.rpc.protocol.RpcCommandCode;
import com.alipay.remoting.rpc.protocol.RpcProtocol;
import com.alipay.remoting.rpc.protocol.RpcProtocolV2;
import com.alipay.remoting.rpc.protocol.RpcResponseProcessor;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/** Answers of other members are taken from the connection's own thread to whoever asked. */
final class BoltAnswers {
    /*
     * Bolt takes an answer from the connection's thread to one of its pool, which does no more than find whose it is and hand it to the
     * executor that he named. All who ask here name one, so the stop on the way only wakes a thread, once for each follower and entry.
     */
    private BoltAnswers() {}

    /** For the whole process: Bolt has one table of who takes what. There must have been a client or a server of Bolt's that was started. */
    static void straight() {
        for (byte protocol : new byte[] {RpcProtocol.PROTOCOL_CODE, RpcProtocolV2.PROTOCOL_CODE}) {
            ProtocolManager.getProtocol(ProtocolCode.fromBytes(protocol))
                    .getCommandHandler()
                    .registerProcessor(RpcCommandCode.RPC_RESPONSE, new RpcResponseProcessor(new Here()));
        }
    }

    /** Runs a task on the thread that brings it. */
    private static final class Here extends AbstractExecutorService {
        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return false;
        }
    }
}
