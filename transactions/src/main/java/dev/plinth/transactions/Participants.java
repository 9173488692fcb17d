package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchStatus;
import java.util.concurrent.CompletableFuture;

/** Reaches the participants of phase two; the door that holds the channels to them is one. */
@FunctionalInterface
public interface Participants {

    /**
     * Asks the participant once. Called on the engine's thread: it returns at once.
     *
     * <p>Whatever does not say that the branch ended, and does not say that it never can, is tried again with back-off; so no
     * channel, no answer in time and a failed future are all the same to the coordinator.
     *
     * @return the status that the participant answered; failed if it could not be asked or did not answer in time, with a message
     *     that says so
     */
    CompletableFuture<BranchStatus> perform(PhaseTwo phaseTwo);

    /** Whether a participant that would do is connected to this server now; if not, the cluster's other servers are asked. */
    default boolean reaches(PhaseTwo phaseTwo) {
        return true;
    }
}
