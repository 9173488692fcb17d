package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Refused;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The requests of one message. */
final class Several {
    /*
     * In slices, one after the other: so a client that says a thousand things at once has no more under way in the registry's inbox
     * than one that says them one by one, and the others' requests go between. A slice costs the door one hand-over.
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
    }

    boolean isTaken() {
        return taken == items.size();
    }

    Result result(int index) {
        return results[index];
    }

    /** Hands the next slice to the registry; {@code done} runs when all of it is answered, on a thread that must not wait. */
    void next(Registry registry, Runnable done) {
        int from = taken;
        int to = Math.min(items.size(), from + SLICE);
        taken = to;
        var open = new AtomicInteger(to - from);
        for (int i = from; i < to; i++) {
            int index = i;
            var command = items.get(i).command();
            if (command == null) {
                results[index] = new Result(null, null);
                if (open.decrementAndGet() == 0) {
                    done.run();
                }
                continue;
            }
            var _ = registry.submit(command).whenComplete((outcome, failure) -> {
                results[index] = failure == null
                        ? new Result(outcome, null)
                        : new Result(null, failure instanceof Refused refused ? refused : unexpected(failure));
                if (open.decrementAndGet() == 0) {
                    done.run();
                }
            });
        }
    }

    private static Refused unexpected(Throwable failure) {
        return new Refused(Refused.Code.STOPPED, "the registry failed otherwise than it says: " + failure, failure);
    }
}
