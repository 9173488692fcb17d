package dev.plinth.trust.secrets;

import static org.awaitility.Awaitility.await;

import dev.plinth.trust.attester.TpmDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A simulated TPM on a port: Debian's swtpm, with its state in a folder. Started again on the same folder it is the same TPM after a reboot. */
final class TpmProcess implements AutoCloseable {
    static final Path PROGRAM = Path.of("/usr/bin/swtpm");

    private final Path folder;
    private final int port;
    private Process process;

    TpmProcess(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        process = start();
    }

    private Process start() throws IOException {
        var started = new ProcessBuilder(
                        PROGRAM.toString(),
                        "socket",
                        "--tpm2",
                        "--tpmstate",
                        "dir=" + folder,
                        "--server",
                        "type=tcp,port=" + port,
                        "--flags",
                        "not-need-init,startup-clear")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("swtpm.log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
            try (var tpm = device().open()) {
                return !tpm.read(java.util.List.of(0)).isEmpty();
            }
        });
        return started;
    }

    TpmDevice device() {
        return new TpmDevice.Simulated("127.0.0.1", port);
    }

    /** Registers begin anew. */
    void reboot() throws IOException {
        close();
        process = start();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
