package dev.plinth.trust.supply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Finding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures by keys that a policy names, as cosign and openssl make them. */
class KeysTest {
    private static final byte[] BYTES = "an artifact".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    static Stream<KeyPair> keys() {
        return Stream.of(
                SigstoreWorld.ec("secp256r1"),
                SigstoreWorld.ec("secp384r1"),
                SigstoreWorld.ec("secp521r1"),
                SigstoreWorld.ed25519(),
                SigstoreWorld.rsa());
    }

    private static Examination examine(
            AdmissionRules rules, Artifact artifact, byte[] signature, Optional<String> payload) throws IOException {
        return Examination.of(
                rules,
                new Submission(
                        artifact,
                        Optional.empty(),
                        Optional.of(Bytes.of("signature", signature)),
                        payload.map(text -> Bytes.of("payload", text.getBytes(StandardCharsets.UTF_8))),
                        Optional.empty(),
                        Optional.empty()),
                SigstoreWorld.AT);
    }

    private static List<String> failed(Examination examination) {
        return examination.findings().stream()
                .filter(one -> one.outcome() == Finding.Outcome.FAILED)
                .map(Finding::check)
                .toList();
    }

    private Artifact file(byte[] bytes) throws IOException {
        return Artifact.of("app.jar", Files.write(folder.resolve("app.jar"), bytes));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void a_signature_holds_in_base64_and_as_it_is(KeyPair keys) throws IOException {
        var rules = SigstoreWorld.keysAlone(SigstoreWorld.ec("secp256r1").getPublic(), keys.getPublic());
        var signature = SigstoreWorld.sign(keys, BYTES);

        assertThat(examine(rules, file(BYTES), signature, Optional.empty()).holds())
                .isTrue();
        assertThat(examine(
                                rules,
                                file(BYTES),
                                (SigstoreWorld.base64(signature) + "\n").getBytes(StandardCharsets.US_ASCII),
                                Optional.empty())
                        .signers())
                .containsExactly(PublicKeys.name(keys.getPublic()));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void each_changed_byte_is_noticed(KeyPair keys) throws IOException {
        var rules = SigstoreWorld.keysAlone(keys.getPublic());
        var signature = SigstoreWorld.sign(keys, BYTES);
        for (int i = 0; i < signature.length; i++) {
            signature[i] ^= 1;
            assertThat(examine(rules, file(BYTES), signature, Optional.empty()).holds())
                    .as("byte %s", i)
                    .isFalse();
            signature[i] ^= 1;
        }
        for (int i = 0; i < BYTES.length; i++) {
            var changed = BYTES.clone();
            changed[i] ^= 1;
            assertThat(failed(examine(rules, file(changed), signature, Optional.empty())))
                    .containsExactly("signature");
        }
    }

    @Test
    void a_key_of_nobody_in_the_policy_and_no_key_at_all_admit_nothing() throws IOException {
        var keys = SigstoreWorld.ed25519();
        var signature = SigstoreWorld.sign(keys, BYTES);

        assertThat(failed(examine(
                        SigstoreWorld.keysAlone(SigstoreWorld.ed25519().getPublic()),
                        file(BYTES),
                        signature,
                        Optional.empty())))
                .containsExactly("signature");
        assertThat(failed(examine(SigstoreWorld.keysAlone(), file(BYTES), signature, Optional.empty())))
                .containsExactly("signature");
        assertThat(Examination.of(
                                SigstoreWorld.keysAlone(keys.getPublic()),
                                new Submission(
                                        file(BYTES),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty()),
                                SigstoreWorld.AT)
                        .holds())
                .isFalse();
    }

    @Test
    void a_signature_alone_is_in_no_log() throws IOException {
        var keys = SigstoreWorld.ec("secp256r1");

        assertThat(failed(examine(
                        new SigstoreWorld().rulesFor(keys.getPublic()),
                        file(BYTES),
                        SigstoreWorld.sign(keys, BYTES),
                        Optional.empty())))
                .containsExactly("log.required");
    }

    @Test
    void an_image_is_signed_by_a_payload_that_names_its_digest() throws IOException {
        var keys = SigstoreWorld.ec("secp256r1");
        var rules = SigstoreWorld.keysAlone(keys.getPublic());
        var image = Artifact.named("shop", SigstoreWorld.hex(SigstoreWorld.sha256(BYTES)));
        var payload = "{\"critical\":{\"identity\":{\"docker-reference\":\"registry.example.org/shop\"},\"image\":"
                + "{\"docker-manifest-digest\":\"sha256:" + image.sha256()
                + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}";
        var signature = SigstoreWorld.sign(keys, payload.getBytes(StandardCharsets.UTF_8));

        assertThat(examine(rules, image, signature, Optional.of(payload)).holds())
                .isTrue();
        assertThat(failed(examine(rules, Artifact.named("shop", "0".repeat(64)), signature, Optional.of(payload))))
                .containsExactly("payload.digest");
        assertThat(failed(examine(rules, image, signature, Optional.of(payload.replace("shop", "evil")))))
                .containsExactly("signature");
        var other = payload.replace("cosign container image signature", "something else");
        assertThat(failed(examine(
                        rules,
                        image,
                        SigstoreWorld.sign(keys, other.getBytes(StandardCharsets.UTF_8)),
                        Optional.of(other))))
                .containsExactly("payload.type");
        assertThat(failed(examine(
                        rules,
                        image,
                        SigstoreWorld.sign(keys, "{}".getBytes(StandardCharsets.UTF_8)),
                        Optional.of("{}"))))
                .containsExactly("payload.form");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a key",
                "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
            })
    void what_is_no_key_makes_no_policy(String text) {
        assertThatThrownBy(() ->
                        new AdmissionRules(List.of(text), List.of(), "", false, Optional.empty(), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key");
    }

    @Test
    void rules_that_cannot_be_kept_are_refused_when_they_are_written() {
        var signer = List.of(new AdmissionRules.Signer("ann@example.org", "https://issuer.org"));

        assertThatThrownBy(() -> new AdmissionRules(List.of(), signer, "", false, Optional.empty(), Optional.empty()))
                .hasMessageContaining("trusted root");
        assertThatThrownBy(() -> new AdmissionRules(List.of(), signer, "{}", false, Optional.empty(), Optional.empty()))
                .hasMessageContaining("mediaType");
        assertThatThrownBy(() -> new AdmissionRules.Signer("*", "https://issuer.org"))
                .hasMessageContaining("identity");
        assertThatThrownBy(() -> new AdmissionRules.Signer("a*b", "https://issuer.org"))
                .hasMessageContaining("identity");
        assertThatThrownBy(() -> new AdmissionRules.Signer("ann", "https://*")).hasMessageContaining("issuer");
        assertThatThrownBy(() -> new SbomRules(java.util.Set.of(), false, false, List.of(), List.of("log4j")))
                .hasMessageContaining("package URL");
    }
}
