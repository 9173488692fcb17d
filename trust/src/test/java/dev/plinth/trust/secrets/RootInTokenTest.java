package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A root key that never leaves a token of PKCS #11: SoftHSM's. */
@Timeout(120)
class RootInTokenTest {
    private static final ResourceName NAME = ResourceName.parse("bank/keys/ledger");
    private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.UTF_8);

    /** Another one for each test. */
    private final String label = "root-" + UUID.randomUUID();

    @TempDir
    private Path folder;

    private Path pin;

    @BeforeEach
    void token() throws Exception {
        pin = SoftToken.pin(folder);
    }

    private RootKeeper.InToken keeper() {
        return new RootKeeper.InToken(SoftToken.LIBRARY, OptionalLong.empty(), label, pin);
    }

    private static void awaitRoot(SecretsWorld world, long number) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            var status = world.secrets.status().join();
            return status.root() == number && !status.isSealed();
        });
    }

    private static void opens(SecretsWorld world, byte[] encrypted) {
        assertThat(world.secrets
                        .decrypt(NAME, 0, encrypted, Optional.empty(), "ann")
                        .join()
                        .result())
                .isEqualTo(MESSAGE);
    }

    @Test
    void a_key_that_the_token_made_and_keeps_opens_secrets_also_after_a_restart_and_after_a_rotation()
            throws Exception {
        try (var world = SecretsWorld.open(folder.resolve("data"), keeper())) {
            awaitRoot(world, 1);
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
            var encrypted = world.secrets
                    .encrypt(NAME, 0, MESSAGE, Optional.empty(), "ann")
                    .join()
                    .result();
            world.restart();
            awaitRoot(world, 1);
            opens(world, encrypted);
            assertThat(world.secrets.rotateRoot(0, 0, "ann").join()).isEmpty();
            awaitRoot(world, 2);
            opens(world, encrypted);
            world.restart();
            awaitRoot(world, 2);
            opens(world, encrypted);
        }
        try (var files = Files.walk(folder.resolve("data"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                                .contains(Files.readString(pin).strip()))
                        .as("the PIN in %s", file)
                        .isFalse();
            }
        }
    }

    @Test
    void the_key_is_never_in_this_process() throws Exception {
        var token = Token.open(SoftToken.LIBRARY, OptionalLong.empty(), pin);
        var key = token.make(label);
        assertThat(key.getEncoded()).isNull();
        assertThat(key.toString()).contains("sensitive").contains("unextractable");
        var sealing = new RootKey.InToken(key, token.provider());
        var random = new java.security.SecureRandom();
        var sealed = sealing.seal(Envelope.Suite.AES_256_GCM, "one", MESSAGE, random);
        assertThat(sealing.open("one", sealed)).isEqualTo(MESSAGE);
        assertThatThrownBy(() -> sealing.open("another", sealed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sealed under another key, as something else, or changed since");
        var other = new RootKey.InToken(token.make(label + "-other"), token.provider());
        assertThatThrownBy(() -> other.open("one", sealed)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void what_is_wrong_with_a_token_is_said() throws Exception {
        assertThatThrownBy(() -> Token.open(folder.resolve("no-such.so"), OptionalLong.empty(), pin))
                .hasMessageContaining("no-such.so: expected a token that can be used");
        assertThatThrownBy(() -> Token.open(SoftToken.LIBRARY, OptionalLong.empty(), folder.resolve("nothing")))
                .hasMessageContaining("there is no such file; expected the token's PIN");
        var readable = Files.createFile(folder.resolve("readable"));
        Files.setPosixFilePermissions(readable, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> Token.open(SoftToken.LIBRARY, OptionalLong.empty(), readable))
                .hasMessageContaining("only its owner may use");
    }

    @Test
    void a_cluster_needs_a_key_that_all_of_its_servers_see() {
        var place = new RootInToken(keeper());
        assertThatThrownBy(() -> place.make(Root.FIRST, false))
                .hasMessageContaining("that all servers of the cluster see, found none");
    }

    @Test
    void a_root_key_in_a_file_is_followed_by_one_in_a_token() throws Exception {
        var data = folder.resolve("data");
        try (var world = SecretsWorld.inFile(data)) {
            awaitRoot(world, 1);
            world.secrets.generate(NAME, SecretAlgorithm.AES_256, false, "ann").join();
            var encrypted = world.secrets
                    .encrypt(NAME, 0, MESSAGE, Optional.empty(), "ann")
                    .join()
                    .result();
            world.restart(Secrets.Options.of(keeper()).after(new RootKeeper.InFile(data.resolve("root.key"))));
            awaitRoot(world, 1);
            world.secrets.rotateRoot(0, 0, "ann").join();
            awaitRoot(world, 2);
            world.restart(Secrets.Options.of(keeper()));
            awaitRoot(world, 2);
            opens(world, encrypted);
        }
    }
}
