package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.EngineTrial;
import dev.plinth.trust.audit.AuditEntry;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A root key takes the place of another, as the engine of secrets decides it. */
class RootRulesTest {
    private EngineTrial<SecretsEngine, SecretsCommand, SecretsOutcome, Rewrap, SecretsView> trial =
            new EngineTrial<>(new SecretsEngine());

    @BeforeEach
    void initialize() {
        trial.apply(new SecretsCommand.Initialize(root(1), "ann"));
    }

    private static Root root(long number) {
        return new Root(
                number,
                "shares",
                Envelope.Suite.AES_256_GCM,
                2,
                3,
                ByteString.EMPTY,
                ByteString.copyFromUtf8("public"),
                ByteString.copyFromUtf8("private"));
    }

    private static Material material(long... roots) {
        return new Material(
                java.util.Arrays.stream(roots)
                        .mapToObj(root -> new Material.Wrap(root, ByteString.copyFromUtf8("under " + root)))
                        .toList(),
                ByteString.copyFromUtf8("sealed"),
                ByteString.EMPTY);
    }

    private static ResourceName name(int number) {
        return ResourceName.parse("bank/keys/k%05d".formatted(number));
    }

    private SecretsOutcome put(int number, long after, Material material) {
        return trial.apply(new SecretsCommand.Put(name(number), SecretAlgorithm.OPAQUE, true, material, after, "ann"));
    }

    private SecretsOutcome begin(long number, String... servers) {
        return trial.apply(new SecretsCommand.BeginRotation(root(number), Set.of(servers), "ann"));
    }

    private SecretsOutcome hold(long number, String server) {
        return trial.apply(new SecretsCommand.HoldRoot(number, server));
    }

    private SecretsOutcome end(boolean finish) {
        return trial.apply(new SecretsCommand.EndRotation(finish, "ann"));
    }

    /** What the leader's performer does. Returns whether there was anything to do. */
    private boolean rewrapOnce() {
        if (trial.openEffects().isEmpty()) {
            return false;
        }
        var open = trial.openEffects().firstEntry();
        trial.result(open.getKey(), result(open.getKey(), open.getValue()));
        return true;
    }

    private static SecretsCommand.Rewrapped result(EffectId id, Rewrap rewrap) {
        return new SecretsCommand.Rewrapped(
                id.value(),
                rewrap.keys().stream()
                        .map(key -> new Rewrap.DataKey(
                                key.name(), key.version(), ByteString.copyFromUtf8("under " + rewrap.to())))
                        .toList());
    }

    private long inForce() {
        return trial.engine().root().orElseThrow().number();
    }

    private Material stored(int number) {
        return trial.engine()
                .find(name(number))
                .orElseThrow()
                .current()
                .orElseThrow()
                .material()
                .orElseThrow();
    }

    private static SecretsOutcome.Reason reason(SecretsOutcome outcome) {
        return ((SecretsOutcome.Denied) outcome).reason();
    }

    @Test
    void the_next_root_key_is_in_force_when_everything_is_under_it_and_every_server_has_it() {
        for (int i = 0; i < 3 * RootRules.BATCH_KEYS_MAX; i++) {
            put(i, 0, material(1));
        }
        put(0, 1, material(1));
        begin(2, "a", "b");
        assertThat(trial.openEffects()).as("nobody has it yet").isEmpty();
        hold(2, "a");
        assertThat(trial.openEffects().values())
                .singleElement()
                .satisfies(rewrap -> assertThat(rewrap.keys()).hasSizeLessThanOrEqualTo(RootRules.BATCH_KEYS_MAX));
        while (rewrapOnce()) {
            assertThat(inForce()).isEqualTo(1);
            assertThat(stored(7).isUnder(1))
                    .as("still opened with the key in force")
                    .isTrue();
        }
        assertThat(trial.engine().roots().left()).isZero();
        assertThat(inForce()).as("b does not have it").isEqualTo(1);
        hold(2, "b");
        assertThat(inForce()).isEqualTo(2);
        assertThat(trial.engine().roots().rotation()).isEmpty();
        assertThat(trial.engine().list("", 1_000))
                .allSatisfy(resource -> assertThat(resource.versions())
                        .allSatisfy(version ->
                                assertThat(version.material().orElseThrow()).isEqualTo(material(2))));
        assertThat(trial.engine().auditAfter(0, 10_000).stream()
                        .map(AuditEntry::action)
                        .filter(action -> action.contains("root"))
                        .toList())
                .containsExactly("begin-root-rotation", "hold-root", "hold-root", "rotate-root");
    }

    @Test
    void what_is_stored_while_they_change_is_sealed_under_the_next_one_as_well() {
        begin(2, "a", "b");
        hold(2, "a");
        put(1, 0, material(1, 2));
        assertThat(trial.openEffects()).isEmpty();
        put(2, 0, material(1));
        assertThat(trial.openEffects())
                .as("stored by b, which does not have it")
                .hasSize(1);
        rewrapOnce();
        put(3, 0, material(1));
        while (rewrapOnce()) {}
        hold(2, "b");
        assertThat(inForce()).isEqualTo(2);
        assertThat(List.of(stored(1), stored(2), stored(3))).containsOnly(material(2));
        assertThat(reason(put(4, 0, material(1))))
                .as("sealed before, stored after")
                .isEqualTo(SecretsOutcome.Reason.CONFLICT);
        assertThat(put(4, 0, material(1, 2))).isEqualTo(new SecretsOutcome.Done(1));
        assertThat(stored(4)).isEqualTo(material(2));
    }

    @Test
    void a_rotation_that_is_abandoned_leaves_everything_as_it_was_and_its_number_is_not_used_again() {
        put(1, 0, material(1));
        begin(2, "a");
        assertThat(begin(3, "a")).as("shares that nobody has seen are replaced").isEqualTo(new SecretsOutcome.Done(3));
        hold(3, "a");
        assertThat(reason(begin(4, "a"))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
        assertThat(trial.openEffects()).hasSize(1);
        end(false);
        assertThat(trial.openEffects()).isEmpty();
        assertThat(stored(1)).isEqualTo(material(1));
        assertThat(inForce()).isEqualTo(1);
        assertThat(reason(hold(3, "a"))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
        assertThat(reason(begin(3, "a"))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
        put(2, 0, material(1, 3));
        assertThat(stored(2)).isEqualTo(material(1));
        begin(4, "a");
        hold(4, "a");
        while (rewrapOnce()) {}
        assertThat(inForce()).isEqualTo(4);
    }

    @Test
    void it_is_finished_by_hand_without_a_server_that_is_away_and_never_with_a_key_that_nobody_has() {
        put(1, 0, material(1));
        begin(2, "a", "b");
        assertThat(reason(end(true))).isEqualTo(SecretsOutcome.Reason.CONFLICT);
        hold(2, "a");
        assertThat(reason(end(true))).as("one data key is left").isEqualTo(SecretsOutcome.Reason.CONFLICT);
        rewrapOnce();
        assertThat(end(true)).isEqualTo(new SecretsOutcome.Done(2));
        assertThat(inForce()).isEqualTo(2);
    }

    @Test
    void nobody_needs_the_next_key_of_what_was_revoked_meanwhile() {
        put(1, 0, material(1));
        put(1, 1, material(1));
        begin(2, "a");
        hold(2, "a");
        trial.apply(new SecretsCommand.Revoke(name(1), 1, "ann"));
        while (rewrapOnce()) {}
        assertThat(inForce()).isEqualTo(2);
        assertThat(stored(1)).isEqualTo(material(2));
    }

    @Test
    void a_result_that_comes_twice_changes_nothing_the_second_time() {
        put(1, 0, material(1));
        begin(2, "a", "b");
        hold(2, "a");
        var open = trial.openEffects().firstEntry();
        trial.apply(result(open.getKey(), open.getValue()));
        var state = trial.state();
        trial.apply(result(open.getKey(), open.getValue()));
        hold(2, "a");
        assertThat(trial.state()).isEqualTo(state);
    }

    @Test
    void a_rotation_goes_on_from_a_snapshot_and_its_commands_and_effects_come_back_from_the_disk() {
        for (int i = 0; i < 2 * RootRules.BATCH_KEYS_MAX; i++) {
            put(i, 0, material(1));
        }
        begin(2, "a", "b");
        hold(2, "a");
        rewrapOnce();
        var rewrap = trial.openEffects().firstEntry().getValue();
        assertThat(RootCodecs.EFFECTS.decode(ByteBuffer.wrap(RootCodecs.EFFECTS.encode(rewrap))))
                .isEqualTo(rewrap);
        var state = trial.state();
        trial = trial.restoredIn(SecretsEngine::new);
        assertThat(trial.state()).isEqualTo(state);
        while (rewrapOnce()) {}
        hold(2, "b");
        assertThat(inForce()).isEqualTo(2);
        assertThat(trial.restoredIn(SecretsEngine::new).engine().root()).contains(root(2));

        for (var command : List.of(
                new SecretsCommand.BeginRotation(root(7), Set.of("a", "b"), "ann"),
                new SecretsCommand.HoldRoot(7, "a"),
                new SecretsCommand.Rewrapped(9, rewrap.keys()),
                new SecretsCommand.EndRotation(true, "ann"),
                new SecretsCommand.Put(name(1), SecretAlgorithm.SM4, false, material(3, 7), 4, "ann"))) {
            assertThat(SecretsCodecs.COMMANDS.decode(ByteBuffer.wrap(SecretsCodecs.COMMANDS.encode(command))))
                    .isEqualTo(command);
        }
    }

    @Test
    void what_releases_before_stored_is_under_the_first_root_key() {
        var stored = dev.plinth.trust.secrets.stored.v1.StoredMaterial.newBuilder()
                .setWrappedKey(ByteString.copyFromUtf8("under 1"))
                .setSealed(ByteString.copyFromUtf8("sealed"))
                .build();
        assertThat(RootCodecs.fromStored(stored)).isEqualTo(material(1));
        assertThat(RootCodecs.toStored(material(1))).isEqualTo(stored);
        assertThat(RootCodecs.toStored(root(1)).getNumber()).isZero();
    }
}
