package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys and secrets on a real journal. */
@Timeout(120)
class SecretsTest {
    private static final ResourceName NAME = ResourceName.parse("bank/keys/ledger");
    private static final byte[] MESSAGE = "a message".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private static SecretsProblem problem(CompletableFuture<?> future) {
        return (SecretsProblem) Secrets.cause(catchThrowable(future::join));
    }

    private static void awaitUnsealed(SecretsWorld world) {
        await().until(() -> !world.secrets.status().join().isSealed());
    }

    private static byte[] publicKey(SecretsWorld world) {
        return world.secrets
                .find(NAME)
                .join()
                .orElseThrow()
                .versions()
                .getLast()
                .publicKey()
                .toByteArray();
    }

    @Test
    void a_root_key_in_a_file_unseals_by_itself_also_after_a_restart() throws IOException {
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            world.secrets
                    .take(NAME, SecretAlgorithm.AES_256, false, new byte[32], "ann")
                    .join();
            var encrypted = world.secrets
                    .encrypt(NAME, 0, MESSAGE, Optional.empty(), "ann")
                    .join()
                    .result();
            world.restart();
            awaitUnsealed(world);
            assertThat(world.secrets
                            .decrypt(NAME, 0, encrypted, Optional.empty(), "ann")
                            .join()
                            .result())
                    .isEqualTo(MESSAGE);
        }
    }

    @Test
    void without_its_file_the_server_stays_sealed_and_another_file_does_not_help() throws IOException {
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            var file = folder.resolve("root.key");
            Files.write(file, new byte[32]);
            world.restart();
            var refused = problem(world.secrets.generate(NAME, SecretAlgorithm.AES_128, false, "ann"));
            assertThat(refused.code()).isEqualTo(SecretsProblem.Code.SEALED);
            assertThat(refused).hasMessageStartingWith("sealed");
        }
    }

    @Test
    void operators_unseal_together_and_fewer_of_them_cannot() throws IOException {
        try (var world = SecretsWorld.open(folder, new RootKeeper.Shared())) {
            assertThat(problem(world.secrets.generate(NAME, SecretAlgorithm.SM4, false, "ann"))
                            .code())
                    .isEqualTo(SecretsProblem.Code.NOT_INITIALIZED);
            var shares = world.secrets.initialize(3, 5, "ann").join();
            assertThat(shares).hasSize(5).doesNotHaveDuplicates();
            world.secrets.generate(NAME, SecretAlgorithm.SM4, false, "ann").join();
            assertThat(problem(world.secrets.initialize(2, 2, "eve")).code()).isEqualTo(SecretsProblem.Code.CONFLICT);

            world.restart();
            assertThat(world.secrets.status().join().isSealed()).isTrue();
            world.secrets.unseal(shares.get(4), "dan").join();
            assertThat(world.secrets.unseal(shares.get(4), "dan").join().given())
                    .as("the same share again")
                    .isEqualTo(1);
            assertThat(world.secrets.unseal(shares.get(0), "ann").join().isSealed())
                    .isTrue();
            assertThat(problem(world.secrets.rotate(NAME, "ann")).code()).isEqualTo(SecretsProblem.Code.SEALED);
            assertThat(world.secrets.unseal(shares.get(2), "cat").join().isSealed())
                    .isFalse();
            assertThat(world.secrets.rotate(NAME, "ann").join()).isEqualTo(2);

            assertThat(world.secrets.seal("ann").join().isSealed()).isTrue();
            assertThat(problem(world.secrets.rotate(NAME, "ann")).code()).isEqualTo(SecretsProblem.Code.SEALED);
        }
    }

    @Test
    void a_wrong_share_is_found_out_with_the_last_one_and_nothing_of_the_others_is_kept() throws IOException {
        try (var world = SecretsWorld.open(folder, new RootKeeper.Shared())) {
            var shares = world.secrets.initialize(2, 2, "ann").join();
            world.secrets.seal("ann").join();
            var wrong = Shares.split(1, new byte[32], 2, 2, new java.security.SecureRandom())
                    .getFirst()
                    .text();
            world.secrets.unseal(wrong, "eve").join();
            assertThat(problem(world.secrets.unseal(shares.get(1), "bob")))
                    .hasMessageContaining("do not make the root key");
            assertThat(world.secrets.status().join().given()).isZero();
            world.secrets.unseal(shares.get(0), "ann").join();
            assertThat(world.secrets.unseal(shares.get(1), "bob").join().isSealed())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RSA_2048", "EC_P256", "EC_P384", "EC_P521", "SM2"})
    void a_key_that_is_not_exportable_signs_and_its_public_part_verifies(SecretAlgorithm algorithm) throws Exception {
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            world.secrets.generate(NAME, algorithm, false, "ann").join();
            var signature = world.secrets
                    .sign(NAME, 0, MESSAGE, Optional.empty(), "ann")
                    .join()
                    .result();
            assertThat(verifies(algorithm, publicKey(world), signature)).isTrue();
            signature[signature.length - 1] ^= 1;
            assertThat(verifies(algorithm, publicKey(world), signature)).isFalse();
        }
    }

    private static boolean verifies(SecretAlgorithm algorithm, byte[] publicKey, byte[] signature) throws Exception {
        if (algorithm == SecretAlgorithm.SM2) {
            var verifier = new SM2Signer();
            verifier.init(false, PublicKeyFactory.createKey(publicKey));
            verifier.update(MESSAGE, 0, MESSAGE.length);
            return verifier.verifySignature(signature);
        }
        boolean rsa = algorithm == SecretAlgorithm.RSA_2048;
        var verifier = Signature.getInstance(
                switch (algorithm) {
                    case RSA_2048 -> "RSASSA-PSS";
                    case EC_P256 -> "SHA256withECDSA";
                    case EC_P384 -> "SHA384withECDSA";
                    default -> "SHA512withECDSA";
                });
        if (rsa) {
            verifier.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        }
        verifier.initVerify(
                KeyFactory.getInstance(rsa ? "RSA" : "EC").generatePublic(new X509EncodedKeySpec(publicKey)));
        verifier.update(MESSAGE);
        try {
            return verifier.verify(signature);
        } catch (java.security.SignatureException e) {
            return false;
        }
    }

    @Test
    void what_is_encrypted_to_a_public_key_is_decrypted_here_by_rsa_and_by_sm2() throws Exception {
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            world.secrets.generate(NAME, SecretAlgorithm.RSA_2048, false, "ann").join();
            var cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(publicKey(world))),
                    new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
            assertThat(world.secrets
                            .decrypt(NAME, 0, cipher.doFinal(MESSAGE), Optional.empty(), "ann")
                            .join()
                            .result())
                    .isEqualTo(MESSAGE);
            assertThat(problem(world.secrets.decrypt(NAME, 0, new byte[256], Optional.empty(), "eve")))
                    .hasMessage("ciphertext: not encrypted for this key, or changed since");

            var sm2 = ResourceName.parse("bank/keys/sm2");
            world.secrets.generate(sm2, SecretAlgorithm.SM2, false, "ann").join();
            var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
            engine.init(
                    true,
                    new ParametersWithRandom(
                            PublicKeyFactory.createKey(world.secrets
                                    .find(sm2)
                                    .join()
                                    .orElseThrow()
                                    .versions()
                                    .getLast()
                                    .publicKey()
                                    .toByteArray()),
                            new java.security.SecureRandom()));
            assertThat(world.secrets
                            .decrypt(sm2, 0, engine.processBlock(MESSAGE, 0, MESSAGE.length), Optional.empty(), "ann")
                            .join()
                            .result())
                    .isEqualTo(MESSAGE);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RSA_2048", "EC_P256", "EC_P521", "SM2", "AES_128", "AES_256", "SM4"})
    void what_was_made_elsewhere_is_taken_in_if_it_is_of_its_kind(SecretAlgorithm algorithm) throws Exception {
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            var made = new KeyMaker(new java.security.SecureRandom()).make(algorithm);
            world.secrets
                    .take(NAME, algorithm, false, made.secret().clone(), "ann")
                    .join();
            assertThat(publicKey(world)).isEqualTo(made.publicKey().toByteArray());
            for (var other : SecretAlgorithm.values()) {
                boolean fits = other == algorithm
                        || other == SecretAlgorithm.OPAQUE
                        || (made.secret().length == 16
                                && (other == SecretAlgorithm.AES_128 || other == SecretAlgorithm.SM4));
                var maker = new KeyMaker(new java.security.SecureRandom());
                if (!fits) {
                    assertThat(catchThrowable(() -> maker.take(other, made.secret())))
                            .as("%s as %s", algorithm, other)
                            .isInstanceOf(SecretsProblem.class);
                }
            }
        }
    }

    @Test
    void a_condition_that_does_not_compile_is_refused_and_changes_nothing() throws IOException {
        try (var world = SecretsWorld.inFile(folder)) {
            assertThat(problem(world.secrets.setPolicy("*", "claims[", java.util.Set.of(), "ann")))
                    .hasMessageContaining("a condition in CEL");
            assertThat(world.secrets.policy("*").join()).isEmpty();
        }
    }

    @Test
    void no_secret_reaches_the_disk_in_clear() throws IOException {
        var canary = "canary-3f9a1c77-never-in-clear";
        try (var world = SecretsWorld.inFile(folder)) {
            awaitUnsealed(world);
            world.secrets
                    .take(NAME, SecretAlgorithm.OPAQUE, true, canary.getBytes(StandardCharsets.UTF_8), "ann")
                    .join();
        }
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as("%s", file)
                        .doesNotContain(canary);
            }
        }
    }
}
