package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.plinth.trust.attester.TpmProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A root key that a TPM keeps: swtpm, an original one's program. */
@Timeout(120)
class RootInTpmTest {
    private static final ResourceName NAME = ResourceName.parse("bank/keys/ledger");
    private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.UTF_8);

    /** One that the system measures into, and one that tests may. */
    private static final List<Integer> REGISTERS = List.of(7, 16);

    @TempDir
    private Path folder;

    private TpmProcess tpm;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        tpm = new TpmProcess(folder.resolve("tpm"));
    }

    @AfterEach
    void stop() {
        if (tpm != null) {
            tpm.close();
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    private RootKeeper.InTpm keeper(TpmProcess of) {
        return new RootKeeper.InTpm(of.device(), REGISTERS, data().resolve("root.tpm"));
    }

    private static boolean isSealed(SecretsWorld world) {
        return world.secrets.status().join().isSealed();
    }

    private static void awaitUnsealed(SecretsWorld world) {
        await().atMost(Duration.ofSeconds(30)).until(() -> !isSealed(world));
    }

    private static void unseal(SecretsWorld world, List<String> shares, int count) {
        shares.subList(0, count)
                .forEach(share -> world.secrets.unseal(share, "ann").join());
    }

    private static byte[] encrypt(SecretsWorld world) {
        return world.secrets
                .encrypt(NAME, 0, MESSAGE, Optional.empty(), "ann")
                .join()
                .result();
    }

    private static void opens(SecretsWorld world, byte[] encrypted) {
        assertThat(world.secrets
                        .decrypt(NAME, 0, encrypted, Optional.empty(), "ann")
                        .join()
                        .result())
                .isEqualTo(MESSAGE);
    }

    /** Why the TPM does not give it back. */
    private void refuses(RootKeeper.InTpm keeper, SecretsWorld world, String... reason) {
        var root = new Root(
                world.secrets.status().join().root(),
                "tpm",
                Envelope.Suite.AES_256_GCM,
                2,
                3,
                com.google.protobuf.ByteString.EMPTY,
                com.google.protobuf.ByteString.EMPTY,
                com.google.protobuf.ByteString.EMPTY);
        assertThatThrownBy(() -> new RootInTpm(keeper).find(root)).hasMessageContainingAll(reason);
    }

    @Test
    void the_tpm_gives_it_back_after_a_restart_and_after_a_reboot_and_it_is_in_no_file_in_clear() throws Exception {
        List<String> shares;
        try (var world = SecretsWorld.open(data(), keeper(tpm))) {
            shares = world.secrets.initialize(2, 3, "ann").join();
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
            var encrypted = encrypt(world);
            world.restart();
            awaitUnsealed(world);
            opens(world, encrypted);
            tpm.reboot();
            world.restart();
            awaitUnsealed(world);
            opens(world, encrypted);
        }
        var points = new HashMap<Integer, byte[]>();
        shares.stream().limit(2).map(Shares.Share::parse).forEach(share -> points.put(share.point(), share.values()));
        var key = Shares.join(points);
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                assertThat(text.contains(new String(key, StandardCharsets.ISO_8859_1)))
                        .as("%s", file)
                        .isFalse();
                assertThat(text.contains(HexFormat.of().formatHex(key)))
                        .as("%s", file)
                        .isFalse();
            }
        }
    }

    @Test
    void a_machine_that_measures_something_else_is_refused_with_the_register_until_operators_vouch_for_it()
            throws Exception {
        try (var world = SecretsWorld.open(data(), keeper(tpm))) {
            var shares = world.secrets.initialize(2, 3, "ann").join();
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
            var encrypted = encrypt(world);
            tpm.measure(16, new byte[32]);
            world.restart();
            refuses(keeper(tpm), world, "measures something else", "register 16: expected 0000", "found f5a5fd42");
            assertThat(isSealed(world)).isTrue();
            unseal(world, shares, 2);
            opens(world, encrypted);
            world.restart();
            awaitUnsealed(world);
            opens(world, encrypted);
        }
    }

    @Test
    void another_tpm_does_not_open_a_copy_of_the_disk() throws Exception {
        try (var world = SecretsWorld.open(data(), keeper(tpm));
                var other = new TpmProcess(folder.resolve("other"))) {
            var shares = world.secrets.initialize(2, 2, "ann").join();
            world.restart(Secrets.Options.of(keeper(other)));
            refuses(keeper(other), world, "sealed by another TPM");
            assertThat(isSealed(world)).isTrue();
            unseal(world, shares, 2);
            assertThat(isSealed(world)).isFalse();
        }
    }

    @Test
    void operators_bring_the_next_root_key_to_the_tpm_and_it_gives_that_back() throws Exception {
        try (var world = SecretsWorld.open(data(), keeper(tpm))) {
            world.secrets.initialize(2, 2, "ann").join();
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
            var encrypted = encrypt(world);
            var next = world.secrets.rotateRoot(2, 3, "ann").join();
            unseal(world, next, 1);
            world.restart();
            awaitUnsealed(world);
            assertThat(world.secrets.status().join().root()).isEqualTo(1);
            unseal(world, next, 2);
            await().until(() -> world.secrets.status().join().root() == 2);
            await().until(() -> !Files.exists(RootFile.next(data().resolve("root.tpm"))));
            world.restart();
            awaitUnsealed(world);
            opens(world, encrypted);
        }
    }

    @Test
    void a_root_key_in_a_file_is_followed_by_one_in_a_tpm() throws Exception {
        var file = data().resolve("root.key");
        try (var world = SecretsWorld.inFile(data())) {
            awaitUnsealed(world);
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
            var encrypted = encrypt(world);
            world.restart(Secrets.Options.of(keeper(tpm)).after(new RootKeeper.InFile(file)));
            awaitUnsealed(world);
            unseal(world, world.secrets.rotateRoot(2, 2, "ann").join(), 2);
            await().until(() -> world.secrets.status().join().root() == 2);
            await().until(() -> Files.exists(data().resolve("root.tpm")));
            Files.delete(file);
            world.restart(Secrets.Options.of(keeper(tpm)));
            awaitUnsealed(world);
            opens(world, encrypted);
        }
    }

    @Test
    void registers_that_a_tpm_does_not_have_are_refused() {
        for (var registers : List.of(List.<Integer>of(), List.of(24), List.of(-1), List.of(1, 1))) {
            assertThatThrownBy(() -> new RootKeeper.InTpm(tpm.device(), registers, data()))
                    .hasMessageContaining("registers: expected 1 to 8 different ones from 0 to 23");
        }
    }
}
