package dev.plinth.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.checker.History;
import dev.plinth.checker.Operation;
import dev.plinth.checker.RegisterModel.Cas;
import dev.plinth.checker.RegisterModel.Input;
import dev.plinth.checker.RegisterModel.Output;
import dev.plinth.checker.RegisterModel.Read;
import dev.plinth.checker.RegisterModel.Swapped;
import dev.plinth.checker.RegisterModel.Value;
import dev.plinth.checker.RegisterModel.Write;
import dev.plinth.checker.RegisterModel.Written;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Clients of the three servers who use configuration texts as registers, and write down what they ask and are answered. */
final class Clients implements AutoCloseable {
    /*
     * Each client keeps to one server, as one that knows no other would: so what a server that is cut off says is in the history. With
     * each fault they move on to new registers, so that what was not answered during one fault has not to be tried everywhere in the
     * history of the next.
     *
     * Now and then a client publishes a text under a name of its own, once: a receipt. What was acknowledged must be there in the end, at
     * each server, and what the servers vouched to have refused must not.
     */
    private static final int CLIENTS_PER_SERVER = 2;
    private static final int REGISTERS = 3;
    private static final int RECEIPT_ONE_IN = 6;
    private static final int PAUSE_MILLIS_MAX = 12;
    private static final int AWAY_PAUSE_MILLIS = 50;

    /** What calls to one server came to. */
    static final class Count {
        private final AtomicLong acknowledged = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();

        long acknowledged() {
            return acknowledged.get();
        }

        /** Refused, or not answered in time. */
        long failed() {
            return failed.get();
        }
    }

    private final Trio trio;
    private final History<String, Input<String>, Output<String>> history = new History<>();
    private final Map<String, Count> counts = new ConcurrentHashMap<>();
    private final Set<String> receipts = ConcurrentHashMap.newKeySet();
    private final Set<String> refusedReceipts = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Optional<Throwable>> broken = new AtomicReference<>(Optional.empty());

    /** Read by all clients before each operation. */
    private volatile String phase = "begin";

    /** Read by all clients before each operation. */
    private volatile boolean ending;

    Clients(Trio trio, long seed) {
        this.trio = trio;
        for (var server : trio.servers()) {
            counts.put(server.name(), new Count());
            for (int i = 1; i <= CLIENTS_PER_SERVER; i++) {
                var name = server.name() + i;
                var lots = RandomGeneratorFactory.of("L64X128MixRandom").create(seed ^ name.hashCode());
                threads.add(Thread.ofVirtual().name("client-" + name).start(() -> run(name, server, lots)));
            }
        }
    }

    /** From now on other registers. */
    void phase(String name) {
        phase = name;
    }

    private void run(String name, Server server, RandomGenerator lots) {
        var texts = new Texts(server.channel());
        var count = count(server);
        Optional<String> seen = Optional.empty();
        try {
            for (int number = 1; !ending; number++) {
                var value = name + "-" + number;
                var register = phase + "/" + lots.nextInt(REGISTERS);
                Texts.Answer answer;
                if (lots.nextInt(RECEIPT_ONE_IN) == 0) {
                    answer = receipt(texts, value);
                } else {
                    answer = switch (lots.nextInt(3)) {
                        case 0 -> write(texts, name, register, value);
                        case 1 -> swap(texts, name, register, seen, value);
                        default -> read(texts, name, register);
                    };
                    if (answer instanceof Texts.Answer.Found(var config)) {
                        seen = Texts.content(config);
                    }
                }
                boolean failed = answer instanceof Texts.Answer.Failed;
                (failed ? count.failed : count.acknowledged).incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(failed ? AWAY_PAUSE_MILLIS : lots.nextInt(PAUSE_MILLIS_MAX));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | AssertionError e) {
            broken.compareAndSet(Optional.empty(), Optional.of(e));
        }
    }

    private Texts.Answer receipt(Texts texts, String value) {
        var answer = texts.publish("receipts", value, value, Optional.empty());
        if (answer instanceof Texts.Answer.Changed) {
            receipts.add(value);
        } else if (answer instanceof Texts.Answer.Failed failed && failed.never()) {
            refusedReceipts.add(value);
        }
        return answer;
    }

    private Texts.Answer read(Texts texts, String name, String register) {
        var call = history.call(name, register, new Read<>());
        var answer = texts.get("registers", register);
        switch (answer) {
            case Texts.Answer.Found(var config) -> call.returned(new Value<>(Texts.content(config)));
            case Texts.Answer.Failed _ -> {}
            case Texts.Answer.Changed _, Texts.Answer.Conflict _ -> throw unexpected(answer);
        }
        return answer;
    }

    private Texts.Answer write(Texts texts, String name, String register, String value) {
        var call = history.call(name, register, new Write<>(value));
        var answer = texts.publish("registers", register, value, Optional.empty());
        switch (answer) {
            case Texts.Answer.Changed _ -> call.returned(new Written<>());
            case Texts.Answer.Failed failed -> {
                if (failed.never()) {
                    call.refused();
                }
            }
            case Texts.Answer.Found _, Texts.Answer.Conflict _ -> throw unexpected(answer);
        }
        return answer;
    }

    private Texts.Answer swap(Texts texts, String name, String register, Optional<String> expected, String value) {
        var call = history.call(name, register, new Cas<>(expected, value));
        var answer = texts.publish("registers", register, value, Optional.of(expected.orElse("")));
        switch (answer) {
            case Texts.Answer.Changed _ -> call.returned(new Swapped<>(true));
            case Texts.Answer.Conflict _ -> call.returned(new Swapped<>(false));
            case Texts.Answer.Failed failed -> {
                if (failed.never()) {
                    call.refused();
                }
            }
            case Texts.Answer.Found _ -> throw unexpected(answer);
        }
        return answer;
    }

    private static AssertionError unexpected(Texts.Answer answer) {
        return new AssertionError("an answer of another kind was expected, not " + answer);
    }

    // ---- waiting for what they meet

    Count count(Server server) {
        var count = counts.get(server.name());
        if (count == null) {
            throw new IllegalArgumentException("no client of " + server);
        }
        return count;
    }

    /** Waits until the clients of each of these servers were acknowledged this many operations more. */
    void awaitAcknowledged(List<Server> servers, int more) {
        for (var server : servers) {
            long target = count(server).acknowledged() + more;
            await(more + " operations more, acknowledged by " + server)
                    .atMost(Trio.PATIENCE)
                    .until(() -> {
                        assertUnbroken();
                        return count(server).acknowledged() >= target;
                    });
        }
    }

    /** How many calls have failed so far; for {@link #awaitFailed}. */
    long failed(Server server) {
        return count(server).failed();
    }

    /** Waits until more calls to this server have failed than there were. */
    void awaitFailed(Server server, long before) {
        awaitFailed(server, before, () -> false);
    }

    /** As {@link #awaitFailed(Server, long)}, but no longer than until it turns out that none need fail. Returns whether one has. */
    boolean awaitFailed(Server server, long before, BooleanSupplier none) {
        await("a call to " + server + " that fails, during " + phase)
                .atMost(Trio.PATIENCE)
                .until(() -> {
                    assertUnbroken();
                    return count(server).failed() > before || none.getAsBoolean();
                });
        return count(server).failed() > before;
    }

    private void assertUnbroken() {
        broken.get().ifPresent(e -> {
            throw new AssertionError("a client broke: " + e, e);
        });
    }

    long acknowledged() {
        return counts.values().stream().mapToLong(Count::acknowledged).sum();
    }

    long failed() {
        return counts.values().stream().mapToLong(Count::failed).sum();
    }

    // ---- what they know in the end

    /** Has all of them end what they are at. */
    void end() throws InterruptedException {
        ending = true;
        for (var thread : threads) {
            thread.join();
        }
        assertUnbroken();
    }

    List<Operation<String, Input<String>, Output<String>>> operations() {
        return history.operations();
    }

    /**
     * Asks each server for all receipts, and compares.
     *
     * @return how many are there
     */
    int assertNothingIsLost() {
        List<Set<String>> found = new ArrayList<>();
        for (var server : trio.servers()) {
            var there = new Texts(server.channel()).names("receipts");
            assertThat(there).as("receipts at " + server).containsAll(receipts);
            assertThat(there.stream().filter(refusedReceipts::contains))
                    .as("receipts at " + server + " that were refused as if they never would be")
                    .isEmpty();
            found.add(there);
        }
        assertThat(found.stream().distinct().toList())
                .as("what the three have of receipts")
                .hasSize(1);
        return found.getFirst().size();
    }

    @Override
    public void close() {
        ending = true;
        threads.forEach(Thread::interrupt);
    }
}
