package dev.plinth.acceptance.bank;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A real process of the house: what it prints is kept, in order, and in a file for whoever looks into a failure. */
final class HouseProcess {
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);

    private final String name;
    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    private HouseProcess(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    static HouseProcess start(String name, List<String> command, Path log) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        HouseProcess started = new HouseProcess(name, process);
        // A test run that is broken off leaves nothing behind.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> process.toHandle().destroy()));
        Thread.ofVirtual().name("output-of-" + name).start(() -> started.keepOutput(log));
        return started;
    }

    private void keepOutput(Path log) {
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                Writer file = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                file.write(line + "\n");
                file.flush();
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("output of " + name, e);
        } finally {
            synchronized (lines) {
                ended = true;
                lines.notifyAll();
            }
        }
    }

    String name() {
        return name;
    }

    /** Waits for the line that says it is ready, and returns its last word, an address. */
    String awaitReady() throws InterruptedException {
        String line = awaitLine(0, printed -> printed.startsWith("READY "), READY_WITHIN);
        return line.substring(line.lastIndexOf(' ') + 1);
    }

    /** How many lines it has printed. */
    int printed() {
        synchronized (lines) {
            return lines.size();
        }
    }

    List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** Waits for a line from the given one on. */
    String awaitLine(int from, Predicate<String> wanted, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        synchronized (lines) {
            int next = from;
            while (true) {
                for (; next < lines.size(); next++) {
                    if (wanted.test(lines.get(next))) {
                        return lines.get(next);
                    }
                }
                long left = end - System.nanoTime();
                if (ended || left <= 0) {
                    throw new AssertionError(name + (ended ? " ended" : " has had " + patience.toSeconds() + " s")
                            + " without the line; its last ones are\n"
                            + String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size())));
                }
                TimeUnit.NANOSECONDS.timedWait(lines, left);
            }
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL. By the handle, which leaves what the process has printed to be read to its end. */
    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        process.waitFor();
    }

    /** SIGTERM, and SIGKILL if that does not help in time. */
    void end() {
        process.toHandle().destroy();
        try {
            if (!process.waitFor(STOPS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                process.toHandle().destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.toHandle().destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** SIGTERM; returns the exit status. */
    int stop() throws InterruptedException {
        process.toHandle().destroy();
        return awaitEnd(STOPS_WITHIN);
    }

    int awaitEnd(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            process.toHandle().destroyForcibly();
            throw new AssertionError(name + " did not end within " + patience.toSeconds() + " s");
        }
        synchronized (lines) {
            while (!ended) {
                lines.wait();
            }
        }
        return process.exitValue();
    }
}
