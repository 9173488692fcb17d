package dev.plinth.bank.postgres;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a short program to its end, and keeps what it printed. */
final class Program {
    /*
     * The output goes to a file and not through a pipe: pg_ctl leaves the database behind as a child that inherits its
     * descriptors, and a pipe would not end before the database does.
     */

    private Program() {}

    record Result(int status, String output) {}

    /** The exit status and the output of the program, whatever they are. */
    static Result run(List<String> command, Path input, Duration timeout) throws IOException {
        Path output = Files.createTempFile("plinth-program-", ".out");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectInput(input.toFile())
                    .redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException(
                        "no end after " + timeout.toSeconds() + " s: " + describe(command) + "\n" + text(output));
            }
            return new Result(process.exitValue(), text(output));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException("interrupted while running " + describe(command)).initCause(e);
        } finally {
            Files.delete(output);
        }
    }

    /** What the program printed; it must succeed. */
    static String succeed(List<String> command, Path input, Duration timeout) throws IOException {
        Result result = run(command, input, timeout);
        if (result.status() != 0) {
            throw new IOException(
                    describe(command) + " failed with status " + result.status() + ":\n" + result.output());
        }
        return result.output().strip();
    }

    static String succeed(List<String> command, Duration timeout) throws IOException {
        return succeed(command, Path.of("/dev/null"), timeout);
    }

    private static String describe(List<String> command) {
        return "'" + String.join(" ", command) + "'";
    }

    private static String text(Path output) throws IOException {
        return Files.readString(output, StandardCharsets.ISO_8859_1);
    }
}
