package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.EngineTrial;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditHead;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretsEngineTest {
    private static final ResourceName NAME = ResourceName.parse("bank/keys/ledger");
    private static final Material MATERIAL = new Material(
            List.of(new Material.Wrap(1, ByteString.copyFromUtf8("wrapped"))),
            ByteString.copyFromUtf8("sealed"),
            ByteString.EMPTY);
    private static final Root ROOT = new Root(
            1,
            "shares",
            Envelope.Suite.AES_256_GCM,
            2,
            3,
            ByteString.EMPTY,
            ByteString.copyFromUtf8("public"),
            ByteString.copyFromUtf8("private"));

    private final EngineTrial<SecretsEngine, SecretsCommand, SecretsOutcome, Rewrap, SecretsView> trial =
            new EngineTrial<>(new SecretsEngine());

    private SecretsOutcome put(long after) {
        return put(SecretAlgorithm.OPAQUE, true, after);
    }

    private SecretsOutcome put(SecretAlgorithm algorithm, boolean exportable, long after) {
        return trial.apply(new SecretsCommand.Put(NAME, algorithm, exportable, MATERIAL, after, "ann"));
    }

    private SecretsOutcome guard(String condition) {
        return trial.apply(new SecretsCommand.SetPolicy(NAME.toString(), condition, Set.of(), "ann"));
    }

    private SecretsOutcome take(SecretsCommand.Purpose purpose, String policy) {
        return trial.apply(new SecretsCommand.Take(NAME, 0, purpose, policy, "tpm with key 1"));
    }

    private static SecretsOutcome.Reason reason(SecretsOutcome outcome) {
        return ((SecretsOutcome.Denied) outcome).reason();
    }

    private List<String> actions() {
        return trial.engine().auditAfter(0, 1_000).stream()
                .map(AuditEntry::action)
                .toList();
    }

    @Test
    void a_secret_is_given_under_the_policy_that_is_in_force_and_the_log_says_so_first() {
        put(0);
        guard("true");
        assertThat(take(SecretsCommand.Purpose.RELEASE, NAME + "@1"))
                .isEqualTo(new SecretsOutcome.Taken(1, SecretAlgorithm.OPAQUE, MATERIAL));
        var last = trial.engine().auditAfter(0, 1_000).getLast();
        assertThat(last.actor()).isEqualTo("tpm with key 1");
        assertThat(last.action()).isEqualTo("release");
        assertThat(last.subject()).isEqualTo(NAME + "@1");
        assertThat(last.at()).isEqualTo(trial.now());
    }

    @Test
    void a_decision_under_a_policy_that_was_tightened_meanwhile_gives_nothing() {
        put(0);
        guard("true");
        guard("false");
        assertThat(reason(take(SecretsCommand.Purpose.RELEASE, NAME + "@1"))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
        assertThat(actions()).doesNotContain("release");
    }

    @Test
    void what_has_no_policy_of_its_own_is_guarded_by_that_for_all() {
        put(0);
        trial.apply(new SecretsCommand.SetPolicy("*", "true", Set.of("debug"), "ann"));
        assertThat(take(SecretsCommand.Purpose.RELEASE, "*@1")).isInstanceOf(SecretsOutcome.Taken.class);
        guard("true");
        assertThat(reason(take(SecretsCommand.Purpose.RELEASE, "*@1"))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
    }

    @Test
    void without_a_policy_nobody_is_given_a_secret_not_even_the_administrator() {
        put(0);
        assertThat(reason(take(SecretsCommand.Purpose.RELEASE, ""))).isEqualTo(SecretsOutcome.Reason.DENIED);
        assertThat(reason(take(SecretsCommand.Purpose.RELEASE, "*@1"))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
    }

    @Test
    void what_is_not_exportable_is_used_and_never_given() {
        put(SecretAlgorithm.EC_P256, false, 0);
        guard("true");
        assertThat(reason(take(SecretsCommand.Purpose.RELEASE, NAME + "@1"))).isEqualTo(SecretsOutcome.Reason.DENIED);
        assertThat(take(SecretsCommand.Purpose.SIGN, NAME + "@1")).isInstanceOf(SecretsOutcome.Taken.class);
        assertThat(take(SecretsCommand.Purpose.SIGN, "")).isInstanceOf(SecretsOutcome.Taken.class);
        assertThat(reason(take(SecretsCommand.Purpose.DECRYPT, ""))).isEqualTo(SecretsOutcome.Reason.INVALID);
    }

    @Test
    void a_rotation_makes_the_next_version_once_and_of_the_same_kind() {
        assertThat(put(0)).isEqualTo(new SecretsOutcome.Done(1));
        assertThat(put(1)).isEqualTo(new SecretsOutcome.Done(2));
        assertThat(reason(put(1))).as("the same once more").isEqualTo(SecretsOutcome.Reason.CONFLICT);
        assertThat(reason(put(SecretAlgorithm.AES_256, true, 2))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
        assertThat(reason(put(SecretAlgorithm.OPAQUE, false, 2))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
    }

    @Test
    void a_revoked_version_is_forgotten_and_the_one_before_it_holds_again() {
        put(0);
        put(1);
        guard("true");
        assertThat(trial.apply(new SecretsCommand.Revoke(NAME, 2, "ann"))).isEqualTo(new SecretsOutcome.Done(2));
        assertThat(take(SecretsCommand.Purpose.RELEASE, NAME + "@1"))
                .isEqualTo(new SecretsOutcome.Taken(1, SecretAlgorithm.OPAQUE, MATERIAL));
        assertThat(reason(trial.apply(
                        new SecretsCommand.Take(NAME, 2, SecretsCommand.Purpose.RELEASE, NAME + "@1", "tpm"))))
                .isEqualTo(SecretsOutcome.Reason.DENIED);
        assertThat(trial.engine()
                        .find(NAME)
                        .orElseThrow()
                        .version(2)
                        .orElseThrow()
                        .material())
                .isEmpty();
        trial.apply(new SecretsCommand.Revoke(NAME, 1, "ann"));
        assertThat(reason(take(SecretsCommand.Purpose.RELEASE, NAME + "@1")))
                .isEqualTo(SecretsOutcome.Reason.NOT_FOUND);
        assertThat(put(2)).as("numbers are not used again").isEqualTo(new SecretsOutcome.Done(3));
    }

    @Test
    void revoked_versions_make_room_and_others_do_not() {
        for (int i = 0; i < SecretsLimits.VERSIONS_MAX; i++) {
            put(i);
        }
        assertThat(reason(put(SecretsLimits.VERSIONS_MAX))).isEqualTo(SecretsOutcome.Reason.OVERLOADED);
        trial.apply(new SecretsCommand.Revoke(NAME, 7, "ann"));
        assertThat(put(SecretsLimits.VERSIONS_MAX)).isEqualTo(new SecretsOutcome.Done(SecretsLimits.VERSIONS_MAX + 1));
        assertThat(trial.engine().find(NAME).orElseThrow().version(7)).isEmpty();
    }

    @Test
    void there_is_one_root_key() {
        assertThat(trial.apply(new SecretsCommand.Initialize(ROOT, "ann"))).isEqualTo(new SecretsOutcome.Done(0));
        assertThat(reason(trial.apply(new SecretsCommand.Initialize(ROOT, "ann"))))
                .isEqualTo(SecretsOutcome.Reason.CONFLICT);
    }

    @Test
    void policies_that_the_engine_could_not_keep_never_get_there() {
        assertThatThrownBy(() -> new SecretsCommand.SetPolicy("a/b", "true", Set.of(), "ann"))
                .hasMessageContaining("expected repository/type/tag");
        assertThatThrownBy(() -> new SecretsCommand.SetPolicy("*", "true", Set.of(), "not a name"))
                .hasMessageContaining("owner");
        assertThatThrownBy(() -> new SecretsCommand.SetPolicy("*", "x".repeat(20_000), Set.of(), "ann"))
                .hasMessageContaining("condition");
    }

    @Test
    void each_entry_of_the_log_holds_the_hash_of_the_one_before() {
        put(0);
        guard("true");
        take(SecretsCommand.Purpose.RELEASE, NAME + "@1");
        trial.apply(new SecretsCommand.Refuse(NAME.toString(), "the time is outside \ud800", "tpm"));
        var before = AuditHead.EMPTY;
        for (var entry : trial.engine().auditAfter(0, 1_000)) {
            assertThat(entry.sequence()).isEqualTo(before.sequence() + 1);
            assertThat(entry.follows(before.hash())).isTrue();
            before = new AuditHead(entry.sequence(), entry.hash());
        }
        assertThat(trial.engine().head()).isEqualTo(before);
        assertThat(trial.engine().auditAfter(2, 1))
                .singleElement()
                .extracting(AuditEntry::sequence)
                .isEqualTo(3L);
    }

    @Test
    void the_state_is_the_same_after_a_snapshot_and_commands_after_their_codec() throws Exception {
        trial.apply(new SecretsCommand.Initialize(ROOT, "ann"));
        put(0);
        put(1);
        guard("true");
        trial.apply(new SecretsCommand.Vouch(Vendor.TPM, "ab".repeat(32), "ann", true, "ann"));
        trial.apply(new SecretsCommand.Anchor(Vendor.TPM, "cd".repeat(32), true, "ann"));
        trial.apply(new SecretsCommand.Revoke(NAME, 1, "ann"));
        trial.apply(new SecretsCommand.Note("force-commit", "xid", "because", "ann"));
        var state = trial.state();
        var restored = new EngineTrial<>(new SecretsEngine());
        restored.engine().restore(new java.io.ByteArrayInputStream(state));
        assertThat(restored.state()).isEqualTo(state);
        assertThat(restored.engine().believed()).isEqualTo(trial.engine().believed());

        for (var command : List.of(
                new SecretsCommand.Initialize(ROOT, "ann"),
                new SecretsCommand.Put(NAME, SecretAlgorithm.SM2, false, MATERIAL, 4, "ann"),
                new SecretsCommand.Revoke(NAME, 1, "ann"),
                new SecretsCommand.SetPolicy("*", "true", Set.of("debug", "sample"), "ann"),
                new SecretsCommand.Vouch(Vendor.TPM, "ab".repeat(32), "ann", false, "bob"),
                new SecretsCommand.Anchor(Vendor.INTEL, "cd".repeat(32), true, "bob"),
                new SecretsCommand.Take(NAME, 3, SecretsCommand.Purpose.DECRYPT, "*@2", "tpm"),
                new SecretsCommand.Refuse("a", "b", "c"),
                new SecretsCommand.Note("a", "b", "c", "d"))) {
            assertThat(SecretsCodecs.COMMANDS.decode(ByteBuffer.wrap(SecretsCodecs.COMMANDS.encode(command))))
                    .isEqualTo(command);
        }
        for (var outcome : List.of(
                new SecretsOutcome.Done(7),
                new SecretsOutcome.Taken(2, SecretAlgorithm.RSA_3072, MATERIAL),
                new SecretsOutcome.Denied(SecretsOutcome.Reason.DENIED, "no"))) {
            assertThat(SecretsCodecs.OUTCOMES.decode(ByteBuffer.wrap(SecretsCodecs.OUTCOMES.encode(outcome))))
                    .isEqualTo(outcome);
        }
    }
}
