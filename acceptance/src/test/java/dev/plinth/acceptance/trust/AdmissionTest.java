package dev.plinth.acceptance.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.acceptance.seata.ServerProcess;
import dev.plinth.cli.Plinth;
import dev.plinth.server.TrustConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An artifact is signed, admitted and refused through a server and a command line in processes of their own. */
@Timeout(300)
class AdmissionTest {
    private static final int JAR_BYTES = 5 << 20;

    @TempDir
    private Path folder;

    private ServerProcess server;
    private final KeyPair keys = keys("EC");

    private record Ended(int status, String said) {}

    @BeforeEach
    void start() throws IOException {
        var configuration = Files.writeString(
                folder.resolve("plinth.yaml"), "trust:\n  domain: example.org\nsecrets:\n  root: file\n");
        server = new ServerProcess(
                folder.resolve("data"), folder.resolve("server.log"), 0, List.of("--config", configuration.toString()));
    }

    @AfterEach
    void stop() {
        server.kill();
    }

    private static KeyPair keys(String algorithm) {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Ended plinth(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Plinth.class.getName()));
        command.addAll(List.of(arguments));
        command.addAll(List.of(
                "--server",
                server.http(),
                "--token",
                TrustConfiguration.token(folder.resolve("data")).toString(),
                "--by",
                "ann"));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), said);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path sign(Path file, KeyPair by) throws IOException, GeneralSecurityException {
        var signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(by.getPrivate());
        signature.update(Files.readAllBytes(file));
        return Files.writeString(
                folder.resolve(file.getFileName() + ".sig"), Base64.getEncoder().encodeToString(signature.sign()));
    }

    private Path key() throws IOException {
        return Files.writeString(
                folder.resolve("release.pub"),
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(keys.getPublic().getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
    }

    /** Larger than a piece on the wire, with a jar in it and the list that names the jar, or another one. */
    private Path artifact(String listed) throws IOException {
        var inner = new byte[JAR_BYTES];
        new Random(42).nextBytes(inner);
        var file = folder.resolve("app.jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setLevel(0);
            zip.putNextEntry(new ZipEntry("BOOT-INF/lib/driver-2.1.jar"));
            zip.write(inner);
            zip.closeEntry();
            zip.putNextEntry(new ZipEntry("META-INF/sbom/application.cdx.json"));
            zip.write(
                    ("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{\"name\":\"driver\",\"version\":\"2.1\","
                                    + "\"purl\":\"pkg:maven/org.example/driver@2.1\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\""
                                    + (listed.isEmpty() ? sha256(inner) : listed)
                                    + "\"}],\"licenses\":[{\"license\":{\"id\":\"Apache-2.0\"}}]}]}")
                            .getBytes(StandardCharsets.UTF_8));
            zip.closeEntry();
        }
        return file;
    }

    @Test
    void a_signed_artifact_is_admitted_and_a_change_of_anything_is_refused_and_all_of_it_is_kept() throws Exception {
        var file = artifact("");
        var digest = sha256(Files.readAllBytes(file));
        var signature = sign(file, keys);

        var unguarded = plinth("admit", file.toString(), "--policy", "releases", "--signature", signature.toString());
        assertThat(unguarded.status()).as(unguarded.said()).isOne();
        assertThat(unguarded.said()).contains("refused under releases@0", "none of this name: releases");

        var policy = plinth(
                "admit",
                "policy",
                "releases",
                "--key",
                key().toString(),
                "--sbom-requires",
                "purl,version,hash,license",
                "--sbom-contents",
                "--sbom-vouched",
                "--deny-license",
                "GPL-3.0-only");
        assertThat(policy.said()).isEqualTo("releases@1\n");

        var admitted = plinth("admit", file.toString(), "--policy", "releases", "--signature", signature.toString());
        assertThat(admitted.status()).as(admitted.said()).isZero();
        assertThat(admitted.said()).contains("admitted under releases@1", digest, "signed by key sha256:");
        assertThat(plinth("admit", "ask", digest, "--policy", "releases").status())
                .isZero();

        var bytes = Files.readAllBytes(file);
        bytes[JAR_BYTES / 2] ^= 1;
        var changed = Files.write(folder.resolve("changed.jar"), bytes);
        var refused = plinth("admit", changed.toString(), "--policy", "releases", "--signature", signature.toString());
        assertThat(refused.status()).isOne();
        assertThat(refused.said()).contains("failed", "signature", "it does not verify", "sbom.contents");

        var stranger = sign(file, keys("EC"));
        var forged = plinth("admit", file.toString(), "--policy", "releases", "--signature", stranger.toString());
        assertThat(forged.status()).isOne();
        // The newest verdict counts.
        var asked = plinth("admit", "ask", digest, "--policy", "releases");
        assertThat(asked.status()).isOne();
        assertThat(asked.said()).contains("refused under releases@1");

        var incomplete = artifact("0".repeat(64));
        var listed = plinth(
                "admit",
                incomplete.toString(),
                "--policy",
                "releases",
                "--signature",
                sign(incomplete, keys).toString());
        assertThat(listed.status()).isOne();
        assertThat(listed.said())
                .contains("sbom.contents", "artifact#BOOT-INF/lib/driver-2.1.jar")
                .doesNotContain("does not verify");

        server.kill();
        server.start();
        assertThat(plinth("admit", "--list").said().lines().skip(1)).hasSize(5);
        var shown = plinth("admit", "show", "sha256:" + digest);
        assertThat(shown.said().lines().filter(line -> !line.startsWith(" ")))
                .hasSize(3)
                .first()
                .asString()
                .startsWith("refused under releases@1: app.jar");
        assertThat(shown.said()).contains("admitted under releases@1", "refused under releases@0");

        assertThat(plinth("audit").said())
                .contains("put-admission-policy")
                .contains("admission policy releases")
                .contains("admitted under releases@1, signed by key sha256:")
                .contains("refused under releases@1: signature, found it does not verify");
        try (var left = Files.list(folder.resolve("data/trust/admissions"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void bad_input_gets_one_error_and_changes_nothing() throws Exception {
        var none = plinth("admit", folder.resolve("none").toString(), "--policy", "releases");
        assertThat(none.status()).isOne();
        assertThat(none.said().strip().lines())
                .singleElement()
                .asString()
                .endsWith("none: there is no such file, or it cannot be read");

        var digest = plinth("admit", "sha256:abc", "--policy", "releases");
        assertThat(digest.status()).isOne();
        assertThat(digest.said()).contains("expected 64 hexadecimal digits");

        var key = Files.writeString(folder.resolve("bad.pub"), "no key");
        var policy = plinth("admit", "policy", "releases", "--key", key.toString());
        assertThat(policy.status()).isOne();
        assertThat(policy.said()).contains("expected one public key in PEM");

        var nobody = plinth("admit", "policy", "releases", "--sbom");
        assertThat(nobody.status()).isEqualTo(2);
        assertThat(nobody.said()).contains("somebody has to sign");

        assertThat(plinth("admit", "policy", "releases").said()).contains("there is no admission policy releases");
        assertThat(plinth("admit", "--list").said().lines().skip(1)).isEmpty();
    }
}
