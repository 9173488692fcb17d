package dev.plinth.sdk.transactions;

import dev.plinth.wire.seata.SeataMessage;

/** Takes what the coordinator asks of this process. */
interface CoordinatorRequests {

    /** Where the answer to one request goes: back on the connection on which it came. */
    @FunctionalInterface
    interface Reply {
        void send(SeataMessage.Response response);
    }

    /**
     * Takes one request; must not block.
     *
     * @param reply may be called from any thread, at most once; goes nowhere if the connection is gone
     */
    void accept(SeataMessage.BranchEndRequest request, Reply reply);

    /** Takes what nobody waits for; must not block. */
    void accept(SeataMessage.UndoLogDeleteRequest request);
}
