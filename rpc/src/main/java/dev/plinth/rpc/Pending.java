package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltFrame;
import java.util.concurrent.CompletableFuture;

/** A request that was given to a connection, and waits for its response. */
final class Pending {
    /*
     * Whether a request went out decides whether it may be sent again, so it is decided once: by whoever completes "sent" first,
     * the connection's thread right before it writes, or the one that gives the request up. The loser obeys.
     */
    final CompletableFuture<Boolean> sent = new CompletableFuture<>();

    final CompletableFuture<BoltFrame.Response> response = new CompletableFuture<>();

    /** Asked at the last moment before the request is written: whether it still shall be. */
    boolean mayBeSent() {
        return sent.complete(true);
    }

    /** Hands the response over; gives it back if nobody waits any more. */
    void complete(BoltFrame.Response frame) {
        if (!response.complete(frame)) {
            frame.release();
        }
    }

    /** The connection broke. */
    void broke(String why) {
        boolean neverSent = giveUp(why) || sent.isCompletedExceptionally();
        var code = neverSent ? RpcException.Code.UNAVAILABLE : RpcException.Code.CONNECTION_LOST;
        response.completeExceptionally(new RpcException(code, why));
    }

    /** Nobody waits any more; a response that comes now, or came just now, is given back. */
    void abandon() {
        giveUp("nobody waits for the answer any more");
        if (!response.cancel(false) && !response.isCompletedExceptionally()) {
            response.join().release();
        }
    }

    private boolean giveUp(String why) {
        return sent.completeExceptionally(new RpcException(RpcException.Code.UNAVAILABLE, why));
    }
}
