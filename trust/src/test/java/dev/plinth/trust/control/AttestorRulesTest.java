package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.EngineTrial;
import dev.plinth.trust.Vendor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttestorRulesTest {
    private static final String ONE = "11".repeat(32);
    private static final String TWO = "22".repeat(32);
    private static final String JWKS =
            "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"k\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                    + "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

    private final EngineTrial<TrustEngine, TrustCommand, TrustOutcome, TrustEffect, Identities> trial =
            new EngineTrial<>(new TrustEngine());

    private TrustOutcome apply(TrustCommand command) {
        return trial.apply(command);
    }

    private Attestors attestors() {
        return trial.engine().identities().attestors();
    }

    private static TrustOutcome.Reason reason(TrustOutcome outcome) {
        return ((TrustOutcome.Denied) outcome).reason();
    }

    private static TrustCommand token(String hash) {
        return new TrustCommand.PutToken("host", hash, Duration.ofMinutes(10));
    }

    @Test
    void a_token_is_used_by_one_key_and_within_its_time() {
        apply(token(ONE));
        trial.advance(Duration.ofMinutes(9));
        assertThat(apply(new TrustCommand.Join(ONE, "a"))).isEqualTo(new TrustOutcome.Joined("host"));
        trial.advance(Duration.ofMinutes(2));
        assertThat(apply(new TrustCommand.Join(ONE, "a")))
                .as("the same again, because its answer was lost")
                .isEqualTo(new TrustOutcome.Joined("host"));
        assertThat(reason(apply(new TrustCommand.Join(ONE, "b")))).isEqualTo(TrustOutcome.Reason.CONFLICT);
        assertThat(reason(apply(new TrustCommand.Join(TWO, "b")))).isEqualTo(TrustOutcome.Reason.NOT_FOUND);
    }

    @Test
    void a_token_that_nobody_used_in_time_lets_nobody_in() {
        apply(token(ONE));
        trial.advance(Duration.ofMinutes(10));
        assertThat(reason(apply(new TrustCommand.Join(ONE, "a")))).isEqualTo(TrustOutcome.Reason.CONFLICT);
    }

    @Test
    void a_new_token_of_the_same_name_makes_the_old_one_void_and_the_same_one_changes_nothing() {
        apply(token(ONE));
        apply(new TrustCommand.Join(ONE, "a"));
        apply(token(ONE));
        assertThat(attestors().tokens().get("host").holder()).isEqualTo("a");
        apply(token(TWO));
        assertThat(reason(apply(new TrustCommand.Join(ONE, "a")))).isEqualTo(TrustOutcome.Reason.NOT_FOUND);
        assertThat(reason(apply(new TrustCommand.Rejoin("a", "b")))).isEqualTo(TrustOutcome.Reason.NOT_FOUND);
    }

    @Test
    void of_one_token_there_is_one_line_of_keys() {
        apply(token(ONE));
        apply(new TrustCommand.Join(ONE, "a"));
        assertThat(apply(new TrustCommand.Rejoin("a", "b"))).isEqualTo(new TrustOutcome.Joined("host"));
        assertThat(apply(new TrustCommand.Rejoin("a", "b"))).isEqualTo(new TrustOutcome.Joined("host"));
        assertThat(reason(apply(new TrustCommand.Rejoin("a", "c"))))
                .as("two of the same key: one has stolen it")
                .isEqualTo(TrustOutcome.Reason.CONFLICT);
        assertThat(apply(new TrustCommand.Rejoin("b", "d"))).isEqualTo(new TrustOutcome.Joined("host"));
        assertThat(reason(apply(new TrustCommand.Join(ONE, "a")))).isEqualTo(TrustOutcome.Reason.CONFLICT);
    }

    @Test
    void a_tpm_has_one_attestation_key_and_none_when_it_was_expelled() {
        apply(new TrustCommand.Enrol(ONE, TWO));
        apply(new TrustCommand.Enrol(ONE, "33".repeat(32)));
        assertThat(attestors().keys()).containsExactly(Map.entry(ONE, "33".repeat(32)));
        assertThat(attestors().endorsementOf(TWO)).isEmpty();
        apply(new TrustCommand.Expel(ONE));
        assertThat(attestors().keys()).isEmpty();
    }

    @Test
    void what_cannot_be_is_refused_before_it_is_ordered() {
        assertThatThrownBy(() -> new TrustCommand.PutToken("a b", ONE, Duration.ofMinutes(1)))
                .hasMessageContaining("name of a join token");
        assertThatThrownBy(() -> new TrustCommand.PutToken("a", ONE, Duration.ofDays(8)))
                .hasMessageContaining("expected 1 s to 7 days");
        assertThatThrownBy(() -> new Attestors.Root(Vendor.TPM, "AB")).hasMessageContaining("64 hexadecimal digits");
        assertThatThrownBy(() -> new KubernetesCluster("prod", "i", "a", "{}")).hasMessageContaining("JWK set");
        assertThatThrownBy(() -> new KubernetesCluster("prod", "i", "a", "{\"keys\":[]}"))
                .hasMessageContaining("each with a key id");
        assertThatThrownBy(() -> new KubernetesCluster("prod", "i", " ", JWKS)).hasMessageContaining("audience");
        assertThatThrownBy(() -> TrustEngineTest.entry("a", "spiffe://example.org/a", "k8s:prod:sa:no-namespace"))
                .hasMessageContaining("sa:NAMESPACE/NAME");
    }

    static Stream<TrustCommand> commands() {
        return Stream.of(
                token(ONE),
                new TrustCommand.RemoveToken("host"),
                new TrustCommand.Join(ONE, "a"),
                new TrustCommand.Rejoin("a", "b"),
                new TrustCommand.PutRoot(new Attestors.Root(Vendor.TPM, ONE), "ann"),
                new TrustCommand.RemoveRoot(new Attestors.Root(Vendor.SIMULATION, ONE)),
                new TrustCommand.Enrol(ONE, TWO),
                new TrustCommand.Expel(ONE),
                new TrustCommand.PutCluster(new KubernetesCluster("prod", "i", "a", JWKS)),
                new TrustCommand.RemoveCluster("prod"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void a_command_is_read_as_it_was_written(TrustCommand command) {
        var bytes = TrustCodecs.COMMANDS.encode(command);
        assertThat(TrustCodecs.COMMANDS.decode(ByteBuffer.wrap(bytes))).isEqualTo(command);
    }

    @Test
    void a_restored_engine_knows_the_same_attestors() {
        commands().forEach(this::apply);
        apply(token(TWO));
        apply(new TrustCommand.Join(TWO, "a"));
        apply(new TrustCommand.Rejoin("a", "b"));
        apply(new TrustCommand.Enrol(ONE, TWO));
        apply(new TrustCommand.PutRoot(new Attestors.Root(Vendor.TPM, ONE), "ann"));
        apply(new TrustCommand.PutCluster(new KubernetesCluster("prod", "i", "a", JWKS)));
        var restored = trial.restoredIn(TrustEngine::new);
        assertThat(restored.engine().identities()).isEqualTo(trial.engine().identities());
        assertThat(restored.state()).isEqualTo(trial.state());
    }
}
