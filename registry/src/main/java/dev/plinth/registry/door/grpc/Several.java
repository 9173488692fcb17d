package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Refused;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The requests of one message. */
final class Several {
    /*
     * In slices, one after the other, so that the others' requests go between: a slice is one command to the registry, and costs the
     * door one hand-over.
     */
    static final int ITEMS_MAX = 1_000;
    private static final int SLICE = 64;

    /**
     * One request: a command, or why it is none.
     *
     * @param command null if it is not sound
     * @param knows the digest that a subscription names, if it names one
     */
    record Item(
            RegistryCommand.@Nullable OfSession command,
            String unsound,
            @Nullable Long knows) {
        static Item of(RegistryCommand.OfSession command, @Nullable Long knows) {
            return new Item(command, "", knows);
        }

        OptionalLong known() {
            return knows == null ? OptionalLong.empty() : OptionalLong.of(knows);
        }

        static Item unsound(String why) {
            return new Item(null, why, null);
        }
    }

    /** What became of a request: an outcome, or a refusal of the kernel's; neither if it was not sound. */
    record Result(
            @Nullable RegistryOutcome outcome, @Nullable Refused refused) {}

    final long id;
    final List<Item> items;
    private final Result[] results;
    private int taken;

    Several(long id, List<Item> items) {
        this.id = id;
        this.items = List.copyOf(items);
        this.results = new Result[items.size()];
        Arrays.fill(results, new Result(null, null));
    }

    boolean isTaken() {
        return taken == items.size();
    }

    Result result(int index) {
        return results[index];
    }

    /** Hands the next slice to the registry; {@code done} runs when it is answered, on a thread that must not wait. */
    void next(Registry registry, Runnable done) {
        int from = taken;
        int to = Math.min(items.size(), from + SLICE);
        taken = to;
        List<RegistryCommand.OfSession> commands = new ArrayList<>(to - from);
        for (var item : items.subList(from, to)) {
            if (item.command() != null) {
                commands.add(item.command());
            }
        }
        if (commands.isEmpty()) {
            done.run();
            return;
        }
        var batch = new RegistryCommand.Batch(commands.getFirst().hold(), commands);
        var _ = registry.submit(batch).whenComplete((outcome, failure) -> {
            int answered = 0;
            for (int i = from; i < to; i++) {
                if (items.get(i).command() != null) {
                    results[i] = result(outcome, answered, failure);
                    answered++;
                }
            }
            done.run();
        });
    }

    /** Of one of a batch, which was taken as a whole or not at all. */
    private static Result result(@Nullable RegistryOutcome ofBatch, int number, @Nullable Throwable failure) {
        if (failure != null) {
            return new Result(null, failure instanceof Refused refused ? refused : unexpected(failure));
        }
        return new Result(
                ofBatch instanceof RegistryOutcome.Batch each ? each.outcomes().get(number) : ofBatch, null);
    }

    private static Refused unexpected(Throwable failure) {
        return new Refused(Refused.Code.STOPPED, "the registry failed otherwise than it says: " + failure, failure);
    }
}
