package dev.plinth.raft;

/** On the leader of a group: has the others told what is committed when nothing else would tell them soon. */
final class CommitNews {
    /*
     * A follower learns how far the log is committed from the next entries, or else from the next heartbeat. Under load the next entries
     * come at once. A lone input that was forwarded would wait for the heartbeat at its proposer, up to a tenth of the election time-out.
     * So when the last batch under way is committed and there were forwarded ones among those that came before, the leader sends a
     * round of heartbeats.
     */
    private final Runnable tell;

    // Guarded by this.
    private int underWay;
    private boolean owed;

    /** @param tell sends the round; does not wait */
    CommitNews(Runnable tell) {
        this.tell = tell;
    }

    /** A batch was given to the log. */
    synchronized void ordered() {
        underWay++;
    }

    /** What became of it is known. */
    void settled(boolean committed, boolean forwarded) {
        synchronized (this) {
            underWay--;
            owed |= committed && forwarded;
            if (underWay > 0 || !owed) {
                return;
            }
            owed = false;
        }
        tell.run();
    }
}
