package dev.plinth.trust.supply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bundles of Sigstore's public service, as the releases of sigstore-java carry them, with that service's trusted root (Apache-2.0, both):
 * in the test resources, for they are small and no evidence of anybody's hardware.
 */
class GenuineSigstoreTest {
    private static final Instant AT = Instant.parse("2026-11-01T00:00:00Z");
    private static final String SIGNER =
            "https://github.com/sigstore/sigstore-java/.github/workflows/release-sigstore-java-from-tag.yaml@refs/tags/*";
    private static final String ISSUER = "https://token.actions.githubusercontent.com";

    private static byte[] resource(String name) {
        try (var in = GenuineSigstoreTest.class.getResourceAsStream("genuine/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static AdmissionRules rules(String signer) {
        return new AdmissionRules(
                List.of(),
                List.of(new AdmissionRules.Signer(signer, ISSUER)),
                new String(resource("trusted_root.json"), StandardCharsets.UTF_8),
                true,
                Optional.empty(),
                Optional.empty());
    }

    private static Examination examine(AdmissionRules rules, String version, String sha256, Instant at)
            throws IOException {
        var bundle = Bytes.of("bundle", resource("sigstore-java-" + version + ".jar.sigstore.json"));
        return Examination.of(
                rules,
                new Submission(
                        Artifact.named("sigstore-java-" + version + ".jar", sha256),
                        Optional.of(bundle),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()),
                at);
    }

    private static List<Finding> failed(Examination examination) {
        return examination.findings().stream()
                .filter(one -> one.outcome() == Finding.Outcome.FAILED)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "0.12.0, a0f670941f34383b0b04c8397c9cb030993c9eb59325a597726fe1271cdc4d07",
        "1.3.0, 8a39503d521e526cc272d9c81ea2c5880903391a91eba05f870584f363f3dbf9",
        "2.0.0, f338c08740cdb2e663737abaf372fc3c442210ab7291c991e180797bd886cd61"
    })
    void the_signature_of_a_release_holds(String version, String sha256) throws IOException {
        var examination =
                examine(rules("https://github.com/sigstore/sigstore-java/.github/workflows/*"), version, sha256, AT);

        assertThat(failed(examination)).isEmpty();
        assertThat(examination.holds()).isTrue();
        assertThat(examination.findings())
                .extracting(Finding::check)
                .contains("signature", "log.promise", "log.inclusion", "log.checkpoint", "certificate.sct");
    }

    @Test
    void it_holds_for_nobody_else_and_for_no_other_file() throws IOException {
        var sha256 = "f338c08740cdb2e663737abaf372fc3c442210ab7291c991e180797bd886cd61";

        assertThat(failed(examine(rules("https://github.com/sigstore/sigstore-python/*"), "2.0.0", sha256, AT)))
                .extracting(Finding::check)
                .containsExactly("certificate.identity");
        assertThat(failed(examine(rules(SIGNER), "2.0.0", "0".repeat(64), AT)))
                .extracting(Finding::check)
                .contains("signature.digest", "signature", "log.entry.digest");
        assertThat(failed(examine(rules(SIGNER), "2.0.0", sha256, Instant.parse("2025-01-01T00:00:00Z"))))
                .extracting(Finding::check)
                .contains("log.time");
    }
}
