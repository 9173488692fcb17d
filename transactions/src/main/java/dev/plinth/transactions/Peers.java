package dev.plinth.transactions;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The other servers of the cluster, for what the journal does not carry: who is connected where, and what each has written to its
 * own history. All methods may be called from any thread, the engine's too, and return at once.
 */
public interface Peers {

    /** A server that is alone. */
    Peers NONE = new Peers() {
        @Override
        public CompletableFuture<Participants.Answer> perform(PhaseTwo phaseTwo) {
            return CompletableFuture.failedFuture(
                    new NotReached("no client that serves " + phaseTwo.resourceId() + " is connected"));
        }

        @Override
        public void participantBack(Set<String> resources) {}

        @Override
        public CompletableFuture<Optional<TransactionView>> ended(TransactionId transaction) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public Duration lagMax() {
            return Duration.ZERO;
        }
    };

    /** Asks a participant that is connected to one of them; as {@link Participants#perform}. */
    CompletableFuture<Participants.Answer> perform(PhaseTwo phaseTwo);

    /** Tells them that a participant of these resources has come to this server. Best effort: back-off ends by itself too. */
    void participantBack(Set<String> resources);

    /** What one of them has in its history; empty if none that can be reached has it. Does not fail. */
    CompletableFuture<Optional<TransactionView>> ended(TransactionId transaction);

    /** How far behind one of them may be and still write what ended to its own history, before the engines forget it. */
    Duration lagMax();

    /** The participant was not asked, or did not answer. Carries no stack trace: it is an answer, made often. */
    final class NotReached extends RuntimeException {
        public NotReached(String message) {
            super(message, null, false, false);
        }
    }
}
