package dev.plinth.transactions;

import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchStatus;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Carries phase two to the participants, and what came of it back to the engine. */
final class ParticipantCalls {
    /*
     * What ends a branch goes through the journal, always. A failure that may pass changes nothing the engine acts upon; it is
     * journaled the first few times, so that a transaction's timeline shows why it hangs, and after that the back-off alone knows
     * of it: else a participant that is away for an hour would fill the journal.
     */
    static final int FAILURES_JOURNALED_MAX = 3;

    private final Participants participants;
    private final Peers peers;
    private final EndWaiters waiters;

    ParticipantCalls(Participants participants, Peers peers, EndWaiters waiters) {
        this.participants = participants;
        this.peers = peers;
        this.waiters = waiters;
    }

    /** As {@link Performer#perform}. */
    void perform(EffectId id, PhaseTwo phaseTwo, int attempt, Performer.Attempt<Command> end) {
        var asked = participants.reaches(phaseTwo) ? participants.perform(phaseTwo) : peers.perform(phaseTwo);
        var _ = asked.whenComplete((answer, failure) -> {
            if (failure == null && matters(answer.status(), phaseTwo)) {
                end.result(result(phaseTwo, answer.status(), words(answer)));
                return;
            }
            var reason = failure == null ? words(answer).orElse(answer.status().name()) : reason(failure);
            if (attempt <= FAILURES_JOURNALED_MAX) {
                var retryable = phaseTwo.direction() == Direction.COMMIT
                        ? BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE
                        : BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE;
                end.result(result(phaseTwo, retryable, Optional.of(reason)));
            } else {
                end.failed(reason);
            }
            waiters.wake(phaseTwo.transaction());
        });
    }

    private static Optional<String> words(Participants.Answer answer) {
        var words = answer.words();
        return words.isEmpty()
                ? Optional.empty()
                : Optional.of(words.substring(0, Math.min(words.length(), TransactionLimits.WORDS_CHARS_MAX)));
    }

    private static boolean matters(BranchStatus status, PhaseTwo phaseTwo) {
        return phaseTwo.branchId() == PhaseTwo.WHOLE_SAGA
                ? SagaVerdict.ofAnswer(status, phaseTwo.direction()) != SagaVerdict.AGAIN
                : Verdict.of(status, phaseTwo.direction(), true).end() != Verdict.End.NOT_YET;
    }

    private static Command result(PhaseTwo phaseTwo, BranchStatus status, Optional<String> reason) {
        return new Command.PhaseTwoResult(phaseTwo.transaction(), phaseTwo.branchId(), status, reason);
    }

    private static String reason(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
