package dev.plinth.raft;

import java.util.concurrent.Executor;

/** A thread for each task: some of them wait, for a snapshot to be copied, say, and no other waits for those. */
enum VirtualThreads implements Executor {
    // Without an end of its own: what still comes when a member is closed finds that out for itself.
    INSTANCE;

    @Override
    public void execute(Runnable task) {
        Thread.ofVirtual().name("plinth-raft").start(task);
    }
}
