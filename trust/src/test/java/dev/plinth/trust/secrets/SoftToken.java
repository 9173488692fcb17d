package dev.plinth.trust.secrets;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A token of SoftHSM. Its library reads where the token is from SOFTHSM2_CONF, once: so there is one for all tests of a process. */
final class SoftToken {
    static final Path LIBRARY = Path.of("/usr/lib/softhsm/libsofthsm2.so");
    private static final Path UTILITY = Path.of("/usr/bin/softhsm2-util");
    private static final String PIN = "canary-pin-4d1c";

    private static boolean made;

    private SoftToken() {}

    /** The file with its PIN; skips the test where there is no SoftHSM. */
    static synchronized Path pin(Path folder) throws IOException, InterruptedException {
        assumeTrue(Files.exists(LIBRARY) && Files.isExecutable(UTILITY), "SoftHSM is not installed (Debian: softhsm2)");
        var configured = System.getenv("SOFTHSM2_CONF");
        assumeTrue(configured != null, "SOFTHSM2_CONF is not set");
        if (!made) {
            var configuration = Path.of(configured);
            var tokens = Files.createTempDirectory(Files.createDirectories(configuration.getParent()), "tokens");
            Files.writeString(configuration, """
                    directories.tokendir = %s
                    objectstore.backend = file
                    log.level = ERROR
                    """.formatted(tokens));
            var utility = new ProcessBuilder(
                            UTILITY.toString(),
                            "--init-token",
                            "--free",
                            "--label",
                            "plinth",
                            "--so-pin",
                            "12345678",
                            "--pin",
                            PIN)
                    .inheritIO()
                    .start();
            if (utility.waitFor() != 0) {
                throw new IOException("softhsm2-util did not make a token");
            }
            made = true;
        }
        return pinFile(folder, PIN);
    }

    static Path pinFile(Path folder, String pin) throws IOException {
        var file = Files.createFile(
                Files.createTempDirectory(folder, "pin").resolve("pin"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, pin + "\n");
    }
}
