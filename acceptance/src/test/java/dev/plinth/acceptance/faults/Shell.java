package dev.plinth.acceptance.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Programs of the system, run to their end. */
final class Shell {
    private Shell() {}

    /**
     * Runs a program and returns what it printed.
     *
     * @throws IOException if it cannot be run or fails; with what it printed
     */
    static String run(String... command) throws IOException {
        return run(List.of(command), "");
    }

    /** As the other {@code run}, with something to read. */
    static String run(List<String> command, String input) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        }
        var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status;
        try {
            status = process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + " was interrupted", e);
        }
        if (status != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + status + ": " + printed.strip());
        }
        return printed;
    }
}
