package dev.plinth.acceptance.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code plinth drill attest} in a process of its own, with the software TPM that is installed. */
@Timeout(180)
class AttestationDrillTest {
    @TempDir
    private Path folder;

    private record Ended(int status, String said, String complained) {}

    private Ended drill(String path) throws Exception {
        var home = Path.of("..").toAbsolutePath().normalize();
        var complaints = folder.resolve("err");
        var builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dplinth.home=" + home,
                        "-cp",
                        home.resolve("cli/target/lib") + "/*",
                        "dev.plinth.cli.Plinth",
                        "drill",
                        "attest"))
                .redirectError(complaints.toFile());
        builder.environment().put("PATH", path);
        var process = builder.start();
        try {
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), said, Files.readString(complaints));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void a_machine_gets_an_identity_and_a_secret_for_what_it_booted_and_neither_with_one_byte_changed()
            throws Exception {
        var ended = drill(System.getenv("PATH"));

        assertThat(ended.said()).endsWith("PASS\n");
        assertThat(ended.status()).isZero();
        assertThat(ended.said().lines())
                .anyMatch(line -> line.contains("SIMULATED"))
                .anyMatch(line -> line.contains("stranger") && line.contains("tpm.endorsement.root"))
                .anyMatch(line -> line.contains("enrolled") && line.contains("tpm:ek:"))
                .anyMatch(line -> line.contains("spiffe://drill.plinth/payments until"))
                .anyMatch(line ->
                        line.contains("secret") && line.contains("payments/key/ledger, 32 bytes as they were kept"))
                .anyMatch(line -> line.contains("changed") && line.contains("Access denied by policy"))
                .anyMatch(line -> line.contains("changed")
                        && line.contains("refused")
                        && line.contains("booted-well@1: the condition is false"))
                .anyMatch(line -> line.contains("spiffe://drill.plinth/payments again"))
                .anyMatch(line -> line.endsWith("encrypted to a key of this session again"));
    }

    @Test
    void without_a_software_tpm_it_fails_and_says_what_to_install() throws Exception {
        var ended = drill("/nowhere");

        assertThat(ended.status()).isOne();
        assertThat(ended.complained()).contains("swtpm cannot be started; install it (Debian: apt install swtpm)");
    }
}
