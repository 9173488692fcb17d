package dev.plinth.raft;

import dev.plinth.kernel.JournalOptions;

/** When a group takes snapshots: after the same entries on every member, so that they can compare them. */
final class Checkpoints {
    /*
     * Counted from what is in the log and from nothing else, and the counts are part of every snapshot: so a member that was restored
     * goes on counting where the others are. A snapshot that a member takes for reasons of its own (its disk needs room, it is about to
     * stop) does not touch them.
     */

    /** Inputs and bytes since the last checkpoint. */
    record Since(long inputs, long bytes) {
        static final Since START = new Since(0, 0);
    }

    private final JournalOptions options;
    private Since since = Since.START;

    Checkpoints(JournalOptions options) {
        this.options = options;
    }

    Since since() {
        return since;
    }

    void restore(Since then) {
        since = then;
    }

    /** An entry of the log was applied. Returns whether every member takes a snapshot now. */
    boolean passed(int inputs, int bytes) {
        since = new Since(since.inputs() + inputs, since.bytes() + bytes);
        boolean due = since.inputs() >= options.snapshotEntries() || since.bytes() >= options.snapshotBytes();
        if (due) {
            since = Since.START;
        }
        return due;
    }
}
