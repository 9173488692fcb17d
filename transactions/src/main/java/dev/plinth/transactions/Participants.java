package dev.plinth.transactions;

import dev.plinth.wire.seata.BranchStatus;
import java.util.concurrent.CompletableFuture;

/** Reaches the participants of phase two; the door that holds the channels to them is one. */
@FunctionalInterface
public interface Participants {

    /**
     * What a participant answered.
     *
     * @param words what it said besides: why it failed, or the rows that a person has to decide about; mostly empty
     */
    record Answer(BranchStatus status, String words) {
        public static Answer of(BranchStatus status) {
            return new Answer(status, "");
        }
    }

    /**
     * Asks the participant once. Called on the engine's thread: it returns at once.
     *
     * <p>Whatever does not say that the branch ended, and does not say that it never can, is tried again with back-off; so no
     * channel, no answer in time and a failed future are all the same to the coordinator.
     *
     * @return what the participant answered; failed if it could not be asked or did not answer in time, with a message
     *     that says so
     */
    CompletableFuture<Answer> perform(PhaseTwo phaseTwo);

    /** Whether a participant that would do is connected to this server now; if not, the cluster's other servers are asked. */
    default boolean reaches(PhaseTwo phaseTwo) {
        return true;
    }
}
