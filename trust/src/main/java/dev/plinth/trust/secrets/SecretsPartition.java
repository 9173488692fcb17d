package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Watcher;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/** The engine on its journal, as this feature asks it: what it denies is a {@link SecretsProblem}. */
final class SecretsPartition implements AutoCloseable {
    private final Partition<SecretsEngine, SecretsCommand, SecretsOutcome, Rewrap, SecretsView> partition;
    private final Executor workers;

    private SecretsPartition(
            Partition<SecretsEngine, SecretsCommand, SecretsOutcome, Rewrap, SecretsView> partition, Executor workers) {
        this.partition = partition;
        this.workers = workers;
    }

    /** @throws IOException if the journal is damaged */
    static SecretsPartition open(
            Journal<SecretsCommand> journal, Performer<Rewrap, SecretsCommand> performer, Clock clock, Executor workers)
            throws IOException {
        return new SecretsPartition(
                Partition.durable(new SecretsEngine(), journal, SecretsCodecs.ALL, performer, clock), workers);
    }

    <R> CompletableFuture<R> read(Function<SecretsEngine, R> question) {
        return partition.read(question);
    }

    CompletableFuture<SecretsOutcome> submit(SecretsCommand command) {
        return undecided(command).thenCompose(SecretsPartition::done);
    }

    /** A denial is an outcome here. */
    CompletableFuture<SecretsOutcome> undecided(SecretsCommand command) {
        return partition.submit(command);
    }

    Watcher.Subscription watch(String key, Watcher<SecretsView> watcher) {
        return partition.watch(key, watcher);
    }

    /** What is wrong with an argument is a problem, too. */
    <T> CompletableFuture<T> onWorkers(Supplier<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.get();
                    } catch (IllegalArgumentException e) {
                        throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
                    }
                },
                workers);
    }

    static CompletableFuture<SecretsOutcome> done(SecretsOutcome outcome) {
        return outcome instanceof SecretsOutcome.Denied(SecretsOutcome.Reason reason, String message)
                ? failed(
                        switch (reason) {
                            case NOT_FOUND -> SecretsProblem.Code.NOT_FOUND;
                            case CONFLICT -> SecretsProblem.Code.CONFLICT;
                            case DENIED -> SecretsProblem.Code.DENIED;
                            case INVALID -> SecretsProblem.Code.INVALID;
                            case OVERLOADED -> SecretsProblem.Code.OVERLOADED;
                        },
                        message)
                : CompletableFuture.completedFuture(outcome);
    }

    static long number(SecretsOutcome outcome) {
        return outcome instanceof SecretsOutcome.Done(long number) ? number : 0;
    }

    static <T> CompletableFuture<T> failed(SecretsProblem.Code code, String message) {
        return CompletableFuture.failedFuture(new SecretsProblem(code, message));
    }

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    @Override
    public void close() {
        partition.close();
    }
}
