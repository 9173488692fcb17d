package dev.plinth.transactions;

import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Refused;
import dev.plinth.wire.seata.GlobalStatus;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The coordinator of global transactions, as its doors see it.
 *
 * <p>All methods may be called from any thread and none waits. A future fails with {@link Refused} and with nothing else: {@code
 * OVERLOADED} beyond a limit of {@link TransactionLimits} or of the kernel, the other codes as the kernel says. A future may be
 * completed on the engine's thread, so what hangs on it hands its work on.
 */
public final class Coordinator implements AutoCloseable {
    private final Partition<
                    Engine<Command, Outcome, PhaseTwo, TransactionView>, Command, Outcome, PhaseTwo, TransactionView>
            partition;

    Coordinator(
            Partition<Engine<Command, Outcome, PhaseTwo, TransactionView>, Command, Outcome, PhaseTwo, TransactionView>
                    partition) {
        this.partition = partition;
    }

    /** Begins a transaction; completes once that is durable. */
    public CompletableFuture<TransactionId> begin(Command.Begin begin) {
        return submit(begin, outcome -> ((Outcome.Begun) outcome).transaction());
    }

    /** Adds a branch with its locks; completes once that is durable, with any answer but {@link Outcome.Overloaded}. */
    public CompletableFuture<Outcome.OfRegister> register(Command.RegisterBranch register) {
        return submit(register, Outcome.OfRegister.class::cast);
    }

    /** Says how phase one of a branch went; completes with any answer but {@link Outcome.Overloaded}. */
    public CompletableFuture<Outcome.OfReport> report(Command.ReportBranch report) {
        return submit(report, Outcome.OfReport.class::cast);
    }

    /**
     * Decides to commit and completes once that is durable: {@code COMMITTED} if nothing is left to wait for (AT), {@code
     * COMMITTING} while participants are being told, {@code TIMEOUT_ROLLBACKING} if it came too late, {@code FINISHED} if the
     * transaction is unknown; repeated, the status as it is then.
     */
    public CompletableFuture<GlobalStatus> commit(TransactionId transaction) {
        return submit(new Command.Commit(transaction), Coordinator::decided);
    }

    /** Decides to roll back and completes once that is durable, with {@code ROLLBACKING} while participants are being told. */
    public CompletableFuture<GlobalStatus> rollback(TransactionId transaction) {
        return submit(new Command.Rollback(transaction), Coordinator::decided);
    }

    /** A Saga's engine says where its transaction stands; completes with the status after that. */
    public CompletableFuture<GlobalStatus> reportGlobal(TransactionId transaction, GlobalStatus status) {
        return submit(new Command.ReportGlobal(transaction, status), Coordinator::decided);
    }

    /** Ends the back-off of phase two where it matches, because a participant is back. */
    public void participantBack(Predicate<PhaseTwo> which) {
        partition.retryEffects(which);
    }

    private static GlobalStatus decided(Outcome outcome) {
        return outcome instanceof Outcome.Decided(GlobalStatus status, var _, var _) ? status : GlobalStatus.FINISHED;
    }

    private <R> CompletableFuture<R> submit(Command command, Function<Outcome, R> read) {
        return partition.submit(command).thenApply(outcome -> {
            if (outcome instanceof Outcome.Overloaded(String what, Duration retryAfter)) {
                throw Refused.overloaded(what, retryAfter);
            }
            return read.apply(outcome);
        });
    }

    @Override
    public void close() {
        partition.close();
    }
}
