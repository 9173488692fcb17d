package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/** The application on the original Seata client, in its own process, driven by one command a line. */
final class SeataAppProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    /** What Seata's client says of a server that does not listen. */
    private static final String NOT_REACHED = "can not connect to services-server";

    private final Process process;
    private final Writer commands;
    private final Path log;
    private final Map<Integer, CompletableFuture<String>> waiting = new ConcurrentHashMap<>();
    private int lastCommand;

    /** @param coordinator host and port of the Seata door */
    SeataAppProcess(String coordinator, String firstUrl, String secondUrl, Path log) throws IOException {
        this(List.of("-Dservice.default.grouplist=" + coordinator), firstUrl, secondUrl, log);
    }

    /** @param options of the client, as its JVM takes them: where the coordinator is, and how to speak to it */
    SeataAppProcess(List<String> options, String firstUrl, String secondUrl, Path log) throws IOException {
        this.log = log;
        var all = new ArrayList<>(options);
        all.addAll(List.of(
                // By default a transaction manager waits half a minute before it asks again.
                "-Dtransport.rpcTmRequestTimeout=3000",
                "-Dclient.tm.commitRetryCount=20",
                "-Dclient.tm.rollbackRetryCount=20"));
        var ready = new CompletableFuture<String>();
        waiting.put(0, ready);
        process = SeataPeer.program("SeataApp", all, List.of(firstUrl, secondUrl))
                .redirectError(log.toFile())
                .start();
        commands = process.outputWriter(StandardCharsets.UTF_8);
        Thread.ofVirtual().start(this::read);
        try {
            assertThat(outcome(ready)).isEqualTo("ok ready");
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    private void read() {
        try (BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                int blank = line.indexOf(' ');
                var answer = waiting.remove(Integer.parseInt(line.substring(0, blank)));
                if (answer != null) {
                    answer.complete(line.substring(blank + 1));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            waiting.values().forEach(answer -> answer.complete("failed: the application ended; see " + log));
        }
    }

    /** Starts a command, and completes with the whole answer. */
    synchronized CompletableFuture<String> start(String command) {
        int number = ++lastCommand;
        var answer = new CompletableFuture<String>();
        waiting.put(number, answer);
        try {
            commands.append(number + " " + command + "\n").flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return answer;
    }

    /** Runs a command that must succeed, and returns what it says. */
    String run(String command) {
        return succeeded(start(command));
    }

    /**
     * Runs a command that must succeed as soon as the application knows who coordinates. Seata's client asks the server that it knows
     * twenty times within some hundredths of a second, gives up, and hears of the next one when it looks at the cluster again: so whoever
     * uses it has to ask once more.
     */
    String runOnceReached(String command) {
        var answer = new AtomicReference<>("");
        await().atMost(PATIENCE_SECONDS, TimeUnit.SECONDS).until(() -> {
            answer.set(outcome(start(command)));
            return !answer.get().contains(NOT_REACHED);
        });
        return succeeded(CompletableFuture.completedFuture(answer.get()));
    }

    /** What the command said; it must have succeeded. */
    String succeeded(CompletableFuture<String> answer) {
        String outcome = outcome(answer);
        assertThat(outcome)
                .as(() -> "the application's answer; its log is " + log)
                .startsWith("ok ");
        return outcome.substring(3);
    }

    /** Runs a command that must fail, and returns why it did. */
    String fail(String command) {
        String outcome = outcome(start(command));
        assertThat(outcome)
                .as(() -> "the application's answer; its log is " + log)
                .startsWith("failed ");
        return outcome.substring(7);
    }

    private String outcome(CompletableFuture<String> answer) {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(
                    "no answer from the application in " + PATIENCE_SECONDS + " s; its log is " + log, e);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
