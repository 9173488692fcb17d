package dev.plinth.acceptance.faults;

import java.util.random.RandomGenerator;

/** What a fault has before it. */
record Scene(Trio trio, Clients clients, RandomGenerator lots) {
    /** So many operations show that a server works. */
    static final int SOME = 20;

    /** The others go on without a leader that is lost to them. Returns who leads now. */
    Trio.Lead othersGoOn(Trio.Lead lost) {
        var others = trio.others(lost.server());
        var next = trio.awaitLeader(others, lost.term());
        clients.awaitAcknowledged(others, SOME);
        return next;
    }
}
