package dev.plinth.cli.dev;

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
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One process of the household: started, watched for the line that says it is ready, started again if it dies, and stopped. */
final class Child {
    /*
     * A process that is killed comes back after a second, so that whoever tries the house can kill what he likes. One that dies
     * DEATHS_MAX times within a minute is broken rather than killed: it stays down, and the board says so.
     */
    private static final int DEATHS_MAX = 6;
    private static final Duration DEATHS_WINDOW = Duration.ofMinutes(1);
    private static final Duration RESTART_PAUSE = Duration.ofSeconds(1);
    private static final Duration STOP_GRACE = Duration.ofSeconds(8);

    /** Where a process is in its life. */
    enum State {
        WAITING,
        STARTING,
        READY,
        RESTARTING,
        FAILED,
        STOPPED
    }

    /** What is shown of a process. */
    record Status(String name, State state, long pid, String detail, int restarts) {}

    private final String name;
    private final List<String> command;
    private final Path log;
    private final Runnable changed;
    private final ArrayDeque<Instant> deaths = new ArrayDeque<>();

    // Guarded by this, whose waiters are told of each move.
    private State state = State.WAITING;
    private @Nullable Process process;
    private int restarts;

    /** Written with every move, and read by the board without the lock: two children that move at once would each wait for the other's. */
    private volatile Status status;

    /**
     * @param log gets all that the process prints
     * @param changed called after each change of state
     */
    Child(String name, List<String> command, Path log, Runnable changed) {
        this.name = name;
        this.command = List.copyOf(command);
        this.log = log;
        this.changed = changed;
        this.status = new Status(name, State.WAITING, 0, "", 0);
    }

    String name() {
        return name;
    }

    Path log() {
        return log;
    }

    Status status() {
        return status;
    }

    /** Starts the process and keeps it running until {@link #stop}. Returns at once. */
    synchronized void start() {
        if (state != State.WAITING) {
            throw new IllegalStateException(name + " was started already");
        }
        move(State.STARTING, "");
        Thread.ofVirtual().name("keep-" + name).start(this::keepRunning);
    }

    /** Waits until the process has said that it is ready. Returns false if it failed or was stopped instead. */
    synchronized boolean awaitReady() throws InterruptedException {
        while (state != State.READY) {
            if (state == State.FAILED || state == State.STOPPED) {
                return false;
            }
            wait();
        }
        return true;
    }

    /** Says that the process is not started, and why. */
    synchronized void giveUp(String why) {
        if (state == State.WAITING) {
            move(State.FAILED, why);
        }
    }

    /** From now on an end of the process is meant: it is not started again. Ctrl-C in a terminal reaches the process too. */
    synchronized void letEnd() {
        move(State.STOPPED, "");
    }

    /** Asks the process to stop, waits a little, and ends it if it did not. */
    void stop() {
        letEnd();
        Process running;
        synchronized (this) {
            running = process;
        }
        if (running == null) {
            return;
        }
        running.destroy();
        try {
            if (!running.waitFor(STOP_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                running.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void keepRunning() {
        try {
            boolean again = runOnce();
            while (again) {
                pause();
                again = runOnce();
            }
        } catch (IOException | UncheckedIOException e) {
            failed("cannot run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits before the next start; {@link #stop} ends the wait. */
    private synchronized void pause() throws InterruptedException {
        long end = System.nanoTime() + RESTART_PAUSE.toNanos();
        for (long left = end - System.nanoTime(); left > 0 && state != State.STOPPED; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** Runs the process to its end. Returns whether it is to be started again. */
    private boolean runOnce() throws IOException, InterruptedException {
        Process running;
        synchronized (this) {
            if (state == State.STOPPED) {
                return false;
            }
            running = new ProcessBuilder(command).redirectErrorStream(true).start();
            process = running;
            move(restarts == 0 ? State.STARTING : State.RESTARTING, status.detail());
        }
        try (Writer out = Files.newBufferedWriter(
                        log, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                var in = new BufferedReader(new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.write(line);
                out.write('\n');
                out.flush();
                if (line.startsWith("READY ")) {
                    ready(line.substring("READY ".length()));
                }
            }
        }
        return ended(running.waitFor());
    }

    private synchronized void ready(String text) {
        if (state != State.STOPPED) {
            // Its own name stands in front of it on the board already.
            String self = name.replace('-', ' ') + " ";
            move(State.READY, text.startsWith(self) ? text.substring(self.length()) : text);
        }
    }

    private synchronized boolean ended(int exitCode) {
        if (state == State.STOPPED) {
            return false;
        }
        var now = Instant.now();
        deaths.add(now);
        while (deaths.getFirst().plus(DEATHS_WINDOW).isBefore(now)) {
            deaths.removeFirst();
        }
        if (deaths.size() >= DEATHS_MAX || (restarts == 0 && state == State.STARTING)) {
            move(State.FAILED, "exited with " + exitCode + "; see " + log);
            return false;
        }
        restarts++;
        move(State.RESTARTING, "exited with " + exitCode);
        return true;
    }

    private synchronized void failed(String why) {
        if (state != State.STOPPED) {
            move(State.FAILED, why);
        }
    }

    private synchronized void move(State next, String text) {
        state = next;
        long pid = process == null || !process.isAlive() ? 0 : process.pid();
        status = new Status(name, state, pid, text, restarts);
        notifyAll();
        changed.run();
    }
}
