package dev.plinth.transactions;

import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.Performer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Carries out what a partition's engine asks for: phase two by participants, the rest by the engines of other partitions. */
final class EffectCalls implements Performer<Effect, Command> {
    private final ParticipantCalls participants;
    private final IntFunction<@Nullable CoordinatorPartition> partitions;

    /** @param partitions those of this server, which send on what another server leads; null for one that is not open yet, or never */
    EffectCalls(ParticipantCalls participants, IntFunction<@Nullable CoordinatorPartition> partitions) {
        this.participants = participants;
        this.partitions = partitions;
    }

    @Override
    public void perform(EffectId id, Effect effect, int attempt, Attempt<Command> end) {
        switch (effect) {
            case PhaseTwo phaseTwo -> participants.perform(id, phaseTwo, attempt, end);
            case Effect.TakeLocks take ->
                at(
                        take.home(),
                        home -> home.ask(new Command.TakeLocks(take))
                                .thenApply(outcome -> new Command.LocksAnswered(
                                        take.transaction(), take.branchId(), (Outcome.OfTaking) outcome)),
                        end);
            case Effect.FreeLocks free ->
                at(
                        free.home(),
                        home -> home.ask(new Command.FreeLocks(free.transaction(), free.branchId()))
                                .thenApply(_ -> new Command.LocksFreed(free.transaction(), free.branchId())),
                        end);
            case Effect.AskHolder ask ->
                at(
                        ask.transaction().partition(),
                        own -> own.read(engine -> engine.standing(ask.transaction(), ask.branchId()))
                                .thenApply(standing ->
                                        new Command.HolderTold(ask.transaction(), ask.branchId(), standing)),
                        end);
        }
    }

    private void at(
            int number,
            Function<CoordinatorPartition, CompletableFuture<? extends Command>> ask,
            Attempt<Command> end) {
        var partition = partitions.apply(number);
        if (partition == null) {
            end.failed("partition " + number + " is not open on this server");
            return;
        }
        var _ = ask.apply(partition).whenComplete((result, failure) -> {
            if (failure == null) {
                end.result(result);
            } else {
                end.failed(String.valueOf(failure.getMessage()));
            }
        });
    }
}
