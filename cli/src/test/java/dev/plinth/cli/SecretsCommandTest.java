package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.SecretsConfiguration;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys and secrets by the command line, at a server. */
@Timeout(120)
class SecretsCommandTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final String DISK = "bank/disk/key";

    @TempDir
    private Path folder;

    private PlinthServer server;

    @BeforeEach
    void open() throws IOException {
        server = PlinthServer.start(ServerConfiguration.alone(folder.resolve("data"), ANY, ANY, Optional.empty())
                .with(SecretsConfiguration.inFile()));
        await().until(() -> run("secrets").status() == 0);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private Ran run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--server",
                server.http().toString(),
                "--token",
                TrustConfiguration.token(folder.resolve("data")).toString()));
        return Ran.of(all);
    }

    private String said(String... arguments) {
        return run(arguments).well();
    }

    @Test
    void a_policy_is_shown_with_its_versions_and_goes_back_to_one() {
        assertThat(said(
                        "secrets",
                        "policy",
                        DISK,
                        "--condition",
                        "evidence == 'tpm'",
                        "--waive",
                        "debug",
                        "--by",
                        "ann"))
                .isEqualTo(DISK + "@1\n");
        assertThat(said("secrets", "policy", DISK, "--condition", "evidence == 'sgx'", "--by", "bob"))
                .isEqualTo(DISK + "@2\n");
        assertThat(said("secrets", "policy", DISK, "--roll-back", "1", "--by", "eve"))
                .isEqualTo(DISK + "@3\n");
        var lines = said("secrets", "policy", DISK, "--by", "ann").lines().toList();
        assertThat(lines.getFirst()).startsWith("VERSION");
        assertThat(lines.get(1)).startsWith("1 ").contains("ann", "debug", "evidence == 'tpm'");
        assertThat(lines.get(2)).startsWith("2 ").contains("bob", "evidence == 'sgx'");
        assertThat(lines.get(3)).startsWith("3 ").contains("eve", "debug", "evidence == 'tpm'");

        assertThat(run("secrets", "policy", DISK, "--roll-back", "9", "--by", "ann")
                        .failed(2))
                .contains(DISK + " has no version 9 that is kept");
        assertThat(run("secrets", "policy", DISK, "--roll-back", "1", "--condition", "true", "--by", "ann")
                        .failed(2))
                .contains("--roll-back: expected without --condition and --waive");
        assertThat(said("secrets", "policy", DISK, "--by", "ann").lines()).hasSize(4);
    }

    @Test
    void a_log_is_verified_with_the_servers_key_and_a_changed_byte_is_told() throws IOException {
        said("secrets", "policy", DISK, "--condition", "evidence == 'tpm'", "--by", "ann");
        var data = folder.resolve("data").toString();
        var key = Files.writeString(folder.resolve("audit-key.json"), said("audit", "key", "--by", "ann"));
        await().untilAsserted(() -> assertThat(said("audit", "verify", "--data", data, "--online", "--by", "ann"))
                .startsWith("verified: "));
        server.close();

        assertThat(said("audit", "verify", "--data", data, "--key", key.toString(), "--by", "ann"))
                .startsWith("verified: ");
        try (var files = Files.list(folder.resolve("data/audit"))) {
            var log = files.filter(file -> file.toString().endsWith(".jsonl"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
            Files.writeString(log, Files.readString(log).replaceFirst("\"ann\"", "\"bob\""));
        }
        var verified = run("audit", "verify", "--data", data, "--key", key.toString(), "--by", "ann");
        assertThat(verified.status()).isEqualTo(1);
        assertThat(verified.out()).contains("NOT verified: ");
    }
}
