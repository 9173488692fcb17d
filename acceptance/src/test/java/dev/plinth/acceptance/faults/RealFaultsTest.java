package dev.plinth.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.plinth.checker.Linearizability;
import dev.plinth.checker.Operation;
import dev.plinth.checker.RegisterModel;
import dev.plinth.checker.RegisterModel.Input;
import dev.plinth.checker.RegisterModel.Output;
import dev.plinth.checker.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three servers under every fault, one after the other, in an order that the seed gives. {@code ./plinth test --soak} repeats it. */
@Tag("alone")
class RealFaultsTest {
    /** Not the whole of what happens: machines are not simulated. It draws the order of the faults, and what the clients ask. */
    private static final long SEED = Long.getLong("plinth.faults.seed", System.nanoTime() & 0xFFFF_FFFFL);

    private static final int ROUNDS = Integer.getInteger("plinth.faults.rounds", 1);

    /** Names of {@link Fault}, with commas between; all of them, if there is none. */
    private static final String ONLY = System.getProperty("plinth.faults.only", "");

    @Test
    void three_servers_under_every_fault_answer_as_one_and_lose_nothing() throws Exception {
        var missing = Leftovers.missing();
        if (missing.isPresent()) {
            say("skipped: " + missing.get());
        }
        assumeThat(missing).as(() -> missing.orElse("")).isEmpty();
        for (int round = 0; round < ROUNDS; round++) {
            long seed = SEED + round;
            say("round " + (round + 1) + " of " + ROUNDS + ", seed " + seed);
            round(seed);
        }
        assertThat(Leftovers.own()).as("what is left on the machine").isEmpty();
    }

    private static void round(long seed) throws Exception {
        long began = System.nanoTime();
        var directory = Path.of("target", "real-faults", ProcessHandle.current().pid() + "-" + seed)
                .toAbsolutePath();
        Files.createDirectories(directory);
        try {
            var library = faultyCalls(directory);
            try (var trio = Trio.start(directory, library);
                    var clients = new Clients(trio, seed)) {
                try {
                    faults(trio, clients, library, seed);
                    clients.end();
                } catch (Exception | AssertionError e) {
                    for (var server : trio.servers()) {
                        server.dumpThreads();
                    }
                    TimeUnit.SECONDS.sleep(1);
                    throw e;
                } finally {
                    Files.write(
                            directory.resolve("history"),
                            clients.operations().stream()
                                    .map(RealFaultsTest::line)
                                    .toList());
                }
                check(trio, clients);
            }
        } catch (Exception | AssertionError e) {
            say("FAILED with seed " + seed + "; history and logs are in " + directory
                    + "; repeat: ./plinth test --soak 1 --seed " + seed);
            throw e;
        }
        say("all well after " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + " s");
    }

    private static Optional<Path> faultyCalls(Path directory) {
        try {
            return Optional.of(FaultyCalls.compile(directory));
        } catch (IOException e) {
            say("without faulty calls and clocks, for the library that makes them cannot be compiled: "
                    + e.getMessage());
            return Optional.empty();
        }
    }

    private static void faults(Trio trio, Clients clients, Optional<Path> library, long seed) throws Exception {
        var wanted = ONLY.isEmpty()
                ? Fault.values()
                : Stream.of(ONLY.split(",")).map(Fault::valueOf).toArray(Fault[]::new);
        List<Fault> faults = new ArrayList<>(Arrays.asList(wanted));
        faults.removeIf(fault -> fault.needsFaultyCalls() && library.isEmpty());
        var lots = new Random(seed);
        Collections.shuffle(faults, lots);
        var scene = new Scene(trio, clients, lots);
        clients.awaitAcknowledged(trio.servers(), Scene.SOME);
        for (var fault : faults) {
            clients.phase(fault.name());
            long began = System.nanoTime();
            var met = fault.strike(scene);
            trio.awaitWhole();
            clients.awaitAcknowledged(trio.servers(), Scene.SOME);
            say(fault + " (" + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) + " ms): " + met);
        }
    }

    private static void check(Trio trio, Clients clients) throws Exception {
        var operations = clients.operations();
        int receipts = clients.assertNothingIsLost();
        var verdict = new Linearizability<>(new RegisterModel<String>()).check(operations);
        assertThat(verdict)
                .as(() -> verdict instanceof Verdict.Violation(var _, var why) ? why : verdict.toString())
                .isInstanceOf(Verdict.Linearizable.class);
        var states = trio.stopAndCompareStates();
        say(operations.size() + " operations on registers and " + receipts + " receipts, " + clients.acknowledged()
                + " acknowledged and " + clients.failed() + " failed; " + verdict + "; the same states: " + states);
    }

    private static String line(Operation<String, Input<String>, Output<String>> one) {
        return one.called() + " to " + (one.output().isPresent() ? one.returned() : "never") + ": " + one.client() + " "
                + one.key() + ": " + one.input() + " -> "
                + one.output().map(String::valueOf).orElse("no answer");
    }

    private static void say(String line) {
        System.out.println("FAULTS " + line);
    }
}
