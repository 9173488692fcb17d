package dev.plinth.cli;

import dev.plinth.trust.attester.Tpm;
import dev.plinth.trust.attester.TpmAttester;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A simulated TPM: Debian's swtpm, with its state in a folder. Started again on the same folder it is the same TPM after a reboot. */
final class SoftwareTpm implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(20);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final String PROGRAM = "swtpm";

    private final Process process;
    private final TpmAttester attester;

    private SoftwareTpm(Process process, TpmAttester attester) {
        this.process = process;
        this.attester = attester;
    }

    /** What swtpm says of itself. */
    static String version() throws IOException {
        var process = start(new ProcessBuilder(PROGRAM, "--version"));
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            var line = out.readLine();
            return line == null ? PROGRAM : line.replaceFirst(",.*", "");
        }
    }

    static SoftwareTpm boot(Path folder) throws IOException {
        var state = Files.createDirectories(folder.resolve("tpm"));
        var socket = folder.resolve("tpm.sock");
        Files.deleteIfExists(socket);
        var process = start(new ProcessBuilder(
                        PROGRAM,
                        "socket",
                        "--tpm2",
                        "--tpmstate",
                        "dir=" + state,
                        "--server",
                        "type=unixio,path=" + socket,
                        "--flags",
                        "not-need-init,startup-clear")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("swtpm.log").toFile()));
        try {
            return new SoftwareTpm(process, TpmAttester.of(connect(process, socket, folder.resolve("swtpm.log"))));
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static Process start(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new IOException(PROGRAM + " cannot be started; install it (Debian: apt install swtpm)", e);
        }
    }

    private static Tpm connect(Process process, Path socket, Path log) throws IOException {
        long end = System.nanoTime() + START_MAX.toNanos();
        while (true) {
            try {
                return Tpm.software(socket);
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    throw new IOException(
                            PROGRAM + " does not answer: "
                                    + Files.readString(log).strip(),
                            e);
                }
            }
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    TpmAttester attester() {
        return attester;
    }

    @Override
    public void close() throws IOException {
        attester.close();
        process.destroy();
        try {
            if (!process.waitFor(START_MAX.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
