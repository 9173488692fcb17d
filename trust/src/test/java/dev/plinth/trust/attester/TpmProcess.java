package dev.plinth.trust.attester;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/**
 * A simulated TPM on a port: Debian's swtpm, with its state in a folder. Started again on the same folder it is the same TPM after a
 * reboot.
 */
public final class TpmProcess implements AutoCloseable {
    public static final Path PROGRAM = Path.of("/usr/bin/swtpm");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Path folder;
    private final int port;
    private Process process;

    public TpmProcess(Path folder) throws IOException {
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
        await().atMost(LONG).ignoreExceptions().until(() -> {
            try (var tpm = device().open()) {
                return !tpm.read(List.of(0)).isEmpty();
            }
        });
        return started;
    }

    public TpmDevice device() {
        return new TpmDevice.Simulated("127.0.0.1", port);
    }

    /** As a configuration names it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** The key that it signs quotes with, PEM. */
    public String key() throws IOException {
        try (var attester = TpmAttester.of(device().open())) {
            return "-----BEGIN PUBLIC KEY-----\n"
                    + Base64.getMimeEncoder()
                            .encodeToString(attester.attestationKey().getEncoded())
                    + "\n-----END PUBLIC KEY-----\n";
        }
    }

    public void measure(int register, byte[] sha256) throws IOException {
        try (var tpm = device().open()) {
            tpm.extend(register, sha256);
        }
    }

    /** Registers begin anew. */
    public void reboot() throws IOException {
        close();
        process = start();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
