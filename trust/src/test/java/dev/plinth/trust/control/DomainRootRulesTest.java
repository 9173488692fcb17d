package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.EngineTrial;
import dev.plinth.trust.KeyAlgorithm;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A root key of the trust domain takes the place of another, as the engine of identities decides it. */
class DomainRootRulesTest {
    private static final ByteString CHECK = ByteString.copyFromUtf8("check");

    private EngineTrial<TrustEngine, TrustCommand, TrustOutcome, TrustEffect, Identities> trial =
            new EngineTrial<>(new TrustEngine());

    private static Authority.Keys keys(String name, String under) {
        return new Authority.Keys(
                ByteString.copyFromUtf8(name),
                ByteString.copyFromUtf8("key " + under),
                ByteString.copyFromUtf8("token key of " + name),
                ByteString.copyFromUtf8("token key " + under),
                Instant.parse("2026-01-02T00:00:00Z"));
    }

    @BeforeEach
    void anAuthoritySigns() {
        trial.apply(new TrustCommand.SetDomain("example.org"));
        introduce("one", 1);
    }

    private EffectId effect(Class<? extends TrustEffect> kind) {
        return trial.openEffects().entrySet().stream()
                .filter(open -> kind.isInstance(open.getValue()))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private TrustOutcome introduce(String name, long root) {
        return trial.apply(
                new TrustCommand.Introduce(effect(MakeAuthority.class).value(), keys(name, "under " + root), root));
    }

    private TrustOutcome begin(long number, String... servers) {
        return trial.apply(new TrustCommand.BeginRoot(number, CHECK, Set.of(servers)));
    }

    private TrustOutcome hold(long number, String server) {
        return trial.apply(new TrustCommand.HoldRoot(number, server));
    }

    private void reseal() {
        var id = effect(Reseal.class);
        var reseal = (Reseal) trial.openEffects().get(id);
        trial.apply(new TrustCommand.Resealed(
                id.value(),
                reseal.keys().stream()
                        .map(keys -> keys(keys.certificate().toStringUtf8(), "under " + reseal.to()))
                        .toList()));
    }

    private Identities identities() {
        return trial.engine().identities();
    }

    private List<Authority.Keys> stored() {
        return identities().authorities().stream().map(Authority::keys).toList();
    }

    @Test
    void keys_are_sealed_anew_when_every_server_has_the_next_root_key_and_it_is_in_force_with_them() {
        assertThat(begin(2, "a", "b")).isEqualTo(new TrustOutcome.Done(2));
        hold(2, "a");
        assertThat(trial.openEffects()).as("b does not have it").isEmpty();
        hold(2, "b");
        long sequence = identities().sequence();
        assertThat(stored()).containsExactly(keys("one", "under 1"));
        reseal();
        assertThat(stored()).containsExactly(keys("one", "under 2"));
        assertThat(identities().roots().number()).isEqualTo(2);
        assertThat(identities().roots().check()).isEqualTo(CHECK);
        assertThat(identities().sequence()).as("the bundle is the same").isEqualTo(sequence);
    }

    @Test
    void an_authority_that_is_made_meanwhile_is_sealed_anew_too() {
        begin(2, "a");
        hold(2, "a");
        trial.apply(new TrustCommand.Rotate());
        introduce("two", 1);
        reseal();
        assertThat(identities().roots().number()).as("not with one left").isEqualTo(1);
        reseal();
        assertThat(stored()).containsExactly(keys("one", "under 2"), keys("two", "under 2"));
        assertThat(identities().roots().number()).isEqualTo(2);
    }

    @Test
    void an_authority_that_was_sealed_under_the_root_key_before_is_made_anew() {
        trial.apply(new TrustCommand.Rotate());
        begin(2, "a");
        hold(2, "a");
        reseal();
        assertThat(introduce("two", 1)).isInstanceOf(TrustOutcome.Denied.class);
        assertThat(introduce("three", 2)).isEqualTo(new TrustOutcome.Done(2));
        assertThat(stored()).containsExactly(keys("one", "under 2"), keys("three", "under 2"));
    }

    @Test
    void it_is_given_up_or_finished_without_a_server_by_hand() {
        begin(2, "a", "b");
        assertThat(trial.apply(new TrustCommand.EndRoot(true))).isInstanceOf(TrustOutcome.Denied.class);
        hold(2, "a");
        assertThat(begin(3, "a")).isInstanceOf(TrustOutcome.Denied.class);
        trial.apply(new TrustCommand.EndRoot(false));
        assertThat(identities().roots().next()).isEmpty();
        assertThat(stored()).containsExactly(keys("one", "under 1"));
        assertThat(begin(2, "a")).as("numbers are not used again").isInstanceOf(TrustOutcome.Denied.class);
        begin(3, "a", "b");
        hold(3, "a");
        trial.apply(new TrustCommand.EndRoot(true));
        reseal();
        assertThat(identities().roots().number()).isEqualTo(3);
    }

    @Test
    void the_state_is_the_same_after_a_snapshot_and_commands_after_their_codec() {
        begin(2, "a", "b");
        hold(2, "a");
        var state = trial.state();
        trial = trial.restoredIn(TrustEngine::new);
        assertThat(trial.state()).isEqualTo(state);
        hold(2, "b");
        var effect = trial.openEffects().firstEntry().getValue();
        assertThat(TrustCodecs.EFFECTS.decode(ByteBuffer.wrap(TrustCodecs.EFFECTS.encode(effect))))
                .isEqualTo(effect);
        var made = new MakeAuthority("example.org", KeyAlgorithm.P256, Duration.ofHours(24));
        assertThat(TrustCodecs.EFFECTS.decode(ByteBuffer.wrap(TrustCodecs.EFFECTS.encode(made))))
                .isEqualTo(made);
        reseal();
        assertThat(trial.restoredIn(TrustEngine::new).engine().identities()).isEqualTo(identities());
        for (TrustCommand command : List.of(
                new TrustCommand.BeginRoot(7, CHECK, Set.of("a", "b")),
                new TrustCommand.HoldRoot(7, "a"),
                new TrustCommand.Resealed(3, stored()),
                new TrustCommand.EndRoot(true),
                new TrustCommand.Introduce(3, keys("one", "under 2"), 2))) {
            assertThat(TrustCodecs.COMMANDS.decode(ByteBuffer.wrap(TrustCodecs.COMMANDS.encode(command))))
                    .isEqualTo(command);
        }
    }
}
