package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A root key takes the place of another on a real journal, and nobody notices. */
@Timeout(120)
class RootRotationTest {
    private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.UTF_8);
    private static final int SECRETS = 300;

    @TempDir
    private Path folder;

    private static SecretsProblem problem(CompletableFuture<?> future) {
        return (SecretsProblem) Secrets.cause(catchThrowable(future::join));
    }

    private static ResourceName name(int number) {
        return ResourceName.parse("bank/keys/k" + number);
    }

    private static void awaitUnsealed(SecretsWorld world) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !world.secrets.status().join().isSealed());
    }

    private static void awaitRoot(SecretsWorld world, long number) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            var status = world.secrets.status().join();
            return status.root() == number && !status.isSealed();
        });
    }

    private static List<byte[]> encrypted(SecretsWorld world) {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < SECRETS; i++) {
            world.secrets
                    .generate(name(i), SecretAlgorithm.AES_256, false, "ann")
                    .join();
            all.add(world.secrets
                    .encrypt(name(i), 0, MESSAGE, Optional.empty(), "ann")
                    .join()
                    .result());
        }
        return all;
    }

    private static void allOpen(SecretsWorld world, List<byte[]> encrypted) {
        for (int i = 0; i < encrypted.size(); i++) {
            assertThat(world.secrets
                            .decrypt(name(i), 0, encrypted.get(i), Optional.empty(), "ann")
                            .join()
                            .result())
                    .isEqualTo(MESSAGE);
        }
    }

    @Test
    void a_root_key_in_a_file_is_replaced_while_secrets_are_used_and_the_one_before_opens_nothing_after()
            throws Exception {
        var file = folder.resolve("root.key");
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            var before = Files.readAllBytes(file);
            var encrypted = encrypted(world);
            var tokenKey = world.secrets.tokenKey().toPublicJWK();
            assertThat(world.secrets.rotateRoot(0, 0, "ann").join()).isEmpty();
            while (world.secrets.status().join().root() == 1) {
                allOpen(world, encrypted.subList(0, 20));
                world.secrets.rotate(name(SECRETS - 1), "ann").join();
            }
            allOpen(world, encrypted.subList(0, SECRETS - 1));
            assertThat(world.secrets.tokenKey().toPublicJWK()).isEqualTo(tokenKey);
            await().until(() -> !Files.exists(RootFile.next(file)));
            assertThat(Files.readAllBytes(file)).isNotEqualTo(before);
            world.restart();
            awaitRoot(world, 2);
            allOpen(world, encrypted.subList(0, SECRETS - 1));

            Files.write(file, before);
            world.restart();
            assertThat(problem(world.secrets.rotate(name(1), "ann")).code()).isEqualTo(SecretsProblem.Code.SEALED);
        }
    }

    @Test
    void a_server_that_is_stopped_at_any_point_of_a_rotation_goes_on_with_it() throws Exception {
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            var encrypted = encrypted(world);
            for (int number = 2; number <= 6; number++) {
                world.secrets.rotateRoot(0, 0, "ann").join();
                var enough = number * 20L;
                await().pollInterval(Duration.ofMillis(1))
                        .until(() -> world.secrets
                                .status()
                                .join()
                                .rotation()
                                .filter(next -> next.left() > SECRETS - enough)
                                .isEmpty());
                world.restart();
                awaitRoot(world, number);
                allOpen(world, encrypted);
            }
        }
    }

    @Test
    void the_next_key_that_became_the_one_in_force_while_its_file_was_not_yet_renamed_is_found() throws Exception {
        var file = folder.resolve("root.key");
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            var before = Files.readAllBytes(file);
            world.secrets.rotateRoot(0, 0, "ann").join();
            awaitRoot(world, 2);
            await().until(() -> !Files.exists(RootFile.next(file)));
            // As a crash between the journal's entry and the renaming leaves it.
            Files.move(file, RootFile.next(file));
            dev.plinth.trust.control.OwnerOnlyFile.make(file, before);
            world.restart();
            awaitRoot(world, 2);
            await().until(() -> !Files.exists(RootFile.next(file)));
        }
    }

    @Test
    void operators_prove_that_they_have_the_next_shares_before_anything_depends_on_them() throws Exception {
        try (var world = SecretsWorld.open(folder, new RootKeeper.Shared())) {
            var old = world.secrets.initialize(2, 3, "ann").join();
            var encrypted = encrypted(world);
            var lost = world.secrets.rotateRoot(2, 2, "ann").join();
            assertThat(lost).hasSize(2).allMatch(share -> share.contains("-r2-"));
            var next = world.secrets.rotateRoot(3, 4, "ann").join();
            assertThat(problem(world.secrets.unseal(lost.getFirst(), "ann")))
                    .hasMessageContaining("expected one of root key 1, found one of root key 2");
            world.secrets.unseal(next.get(0), "ann").join();
            world.secrets.unseal(next.get(3), "bob").join();
            assertThat(world.secrets.status().join().rotation().orElseThrow().given())
                    .isEqualTo(2);
            world.restart();
            world.secrets.unseal(old.get(0), "ann").join();
            assertThat(world.secrets.unseal(old.get(2), "bob").join().isSealed())
                    .as("the old shares hold until the new ones are in force")
                    .isFalse();
            allOpen(world, encrypted);
            for (int i = 1; i < 4; i++) {
                world.secrets.unseal(next.get(i), "ann").join();
            }
            awaitRoot(world, 3);
            allOpen(world, encrypted);
            world.restart();
            assertThat(problem(world.secrets.unseal(old.get(0), "ann")).code()).isEqualTo(SecretsProblem.Code.INVALID);
            for (int i = 0; i < 3; i++) {
                world.secrets.unseal(next.get(i), "ann").join();
            }
            allOpen(world, encrypted);
        }
    }

    @Test
    void a_rotation_that_is_given_up_leaves_the_root_key_and_the_next_begins_anew() throws Exception {
        try (var world = SecretsWorld.open(
                folder, Secrets.Options.of(new RootKeeper.Shared()).among("a", () -> Set.of("a", "b")))) {
            world.secrets.initialize(2, 2, "ann").join();
            var encrypted = encrypted(world);
            for (var share : world.secrets.rotateRoot(2, 2, "ann").join()) {
                world.secrets.unseal(share, "ann").join();
            }
            await().until(() ->
                    world.secrets.status().join().rotation().orElseThrow().left() == 0);
            assertThat(world.secrets.status().join().rotation().orElseThrow().holders())
                    .containsExactly("a");
            assertThat(world.secrets.endRootRotation(false, "ann").join().rotation())
                    .isEmpty();
            allOpen(world, encrypted);
            for (var share : world.secrets.rotateRoot(2, 2, "ann").join()) {
                world.secrets.unseal(share, "ann").join();
            }
            await().until(() ->
                    world.secrets.status().join().rotation().orElseThrow().left() == 0);
            assertThat(world.secrets.endRootRotation(true, "ann").join().root()).isEqualTo(3);
            allOpen(world, encrypted);
        }
    }

    @Test
    void in_a_cluster_the_next_key_has_to_be_there_and_to_be_the_same() throws Exception {
        var file = folder.resolve("root.key");
        try (var world = SecretsWorld.open(
                folder, Secrets.Options.of(new RootKeeper.InFile(file)).among("a", () -> Set.of("a", "b")))) {
            awaitUnsealed(world);
            assertThat(problem(world.secrets.rotateRoot(0, 0, "ann")))
                    .hasMessageContaining(
                            "root.key.next: there is no such file; expected the same next root key on all");
            RootFile.readOrMake(RootFile.next(file), new SecureRandom()).forget();
            world.secrets.rotateRoot(0, 0, "ann").join();
            await().until(() -> world.secrets
                    .status()
                    .join()
                    .rotation()
                    .orElseThrow()
                    .holders()
                    .contains("a"));
            assertThat(world.secrets.status().join().root()).isEqualTo(1);
        }
    }

    @Test
    void a_server_that_was_sealed_by_hand_stays_sealed_when_the_root_key_changes() throws Exception {
        var file = folder.resolve("root.key");
        try (var world = SecretsWorld.open(
                folder, Secrets.Options.of(new RootKeeper.InFile(file)).among("a", () -> Set.of("a", "b")))) {
            awaitUnsealed(world);
            RootFile.readOrMake(RootFile.next(file), new SecureRandom()).forget();
            world.secrets.rotateRoot(0, 0, "ann").join();
            await().until(() -> world.secrets
                    .status()
                    .join()
                    .rotation()
                    .orElseThrow()
                    .holders()
                    .contains("a"));
            world.secrets.seal("ann").join();
            assertThat(world.secrets.endRootRotation(true, "ann").join().root()).isEqualTo(2);
            for (int i = 0; i < 100; i++) {
                world.secrets.note("look", "again", "", "ann").join();
                assertThat(world.secrets.status().join().isSealed()).isTrue();
            }
        }
    }

    @Test
    void no_root_key_reaches_the_journal_in_clear_nor_the_audit_log() throws IOException {
        var file = folder.resolve("root.key");
        byte[] first;
        byte[] second;
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            first = Files.readAllBytes(file);
            encrypted(world);
            world.secrets.rotateRoot(0, 0, "ann").join();
            awaitRoot(world, 2);
            await().until(() -> !Files.exists(RootFile.next(file)));
            second = Files.readAllBytes(file);
        }
        try (var files = Files.walk(folder)) {
            for (var one : files.filter(Files::isRegularFile)
                    .filter(path -> !path.equals(file))
                    .toList()) {
                var text = new String(Files.readAllBytes(one), StandardCharsets.ISO_8859_1);
                for (var key : List.of(first, second)) {
                    assertThat(text.contains(new String(key, StandardCharsets.ISO_8859_1)))
                            .as("%s", one)
                            .isFalse();
                    assertThat(text.contains(java.util.HexFormat.of().formatHex(key)))
                            .as("%s", one)
                            .isFalse();
                }
            }
        }
    }
}
