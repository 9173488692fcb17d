package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.plinth.kernel.EffectId;
import dev.plinth.kernel.EngineTrial;
import dev.plinth.trust.AppraisalPolicy;
import dev.plinth.trust.KeyAlgorithm;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrustEngineTest {
    private static final String DOMAIN = "example.org";

    private static final String BUNDLE = bundle(1);
    private static final BundleEndpoint ENDPOINT =
            new BundleEndpoint("https://other.org:7744/", SpiffeId.parse("spiffe://other.org/plinth/federation"));

    private static String bundle(long sequence) {
        try {
            return "{\"keys\":["
                    + new ECKeyGenerator(Curve.P_256)
                            .keyUse(new KeyUse("jwt-svid"))
                            .keyID("key-" + sequence)
                            .generate()
                            .toPublicJWK()
                            .toJSONString()
                    + "],\"spiffe_sequence\":" + sequence + "}";
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private final EngineTrial<TrustEngine, TrustCommand, TrustOutcome, TrustEffect, Identities> trial =
            new EngineTrial<>(new TrustEngine());

    private Identities identities() {
        return trial.engine().identities();
    }

    private TrustOutcome apply(TrustCommand command) {
        return trial.apply(command);
    }

    private static TrustOutcome.Reason reason(TrustOutcome outcome) {
        return ((TrustOutcome.Denied) outcome).reason();
    }

    private static Authority.Keys keys(Instant notAfter) {
        return new Authority.Keys(
                ByteString.copyFromUtf8("certificate"),
                ByteString.copyFromUtf8("sealed"),
                ByteString.copyFromUtf8("token key"),
                ByteString.copyFromUtf8("sealed token key"),
                notAfter);
    }

    /** What the performer does, with keys of no worth. */
    private EffectId make() {
        var open = trial.openEffects();
        assertThat(open).hasSize(1);
        var effect = open.firstKey();
        var life = ((MakeAuthority) java.util.Objects.requireNonNull(open.get(effect))).life();
        var until = Instant.ofEpochSecond(trial.now().plus(life).getEpochSecond());
        assertThat(trial.result(effect, new TrustCommand.Introduce(effect.value(), keys(until))))
                .isTrue();
        return effect;
    }

    private void domain() {
        apply(new TrustCommand.SetDomain(DOMAIN));
        make();
    }

    static RegistrationEntry entry(String name, String id, String... selectors) {
        return new RegistrationEntry(
                name,
                SpiffeId.parse(id),
                new TreeSet<>(List.of(selectors)),
                Optional.empty(),
                "",
                List.of(),
                "ann",
                0,
                Instant.EPOCH);
    }

    private static TrustCommand put(String name, String id, String... selectors) {
        return new TrustCommand.PutEntry(entry(name, id, selectors));
    }

    @Test
    void the_first_authority_signs_at_once() {
        assertThat(apply(new TrustCommand.SetDomain(DOMAIN))).isEqualTo(new TrustOutcome.Done(0));
        assertThat(identities().signing()).isEmpty();
        make();
        assertThat(identities().signer()).isEqualTo(1);
        assertThat(trial.openEffects()).isEmpty();
        assertThat(trial.takeChanged()).contains(TrustEngine.KEY);
    }

    @Test
    void a_trust_domain_is_for_ever() {
        domain();
        assertThat(apply(new TrustCommand.SetDomain(DOMAIN))).isEqualTo(new TrustOutcome.Done(1));
        assertThat(reason(apply(new TrustCommand.SetDomain("other.org")))).isEqualTo(TrustOutcome.Reason.CONFLICT);
        assertThat(identities().domain().orElseThrow().name()).isEqualTo(DOMAIN);
    }

    @Test
    void another_algorithm_is_that_of_the_next_authority_and_the_one_that_signs_goes_on() {
        domain();
        assertThat(apply(new TrustCommand.SetDomain(DOMAIN, KeyAlgorithm.SM2))).isEqualTo(new TrustOutcome.Done(1));
        assertThat(identities().signer()).isEqualTo(1);
        assertThat(trial.openEffects()).isEmpty();
        apply(new TrustCommand.Rotate());
        assertThat(trial.openEffects().values())
                .singleElement()
                .isInstanceOfSatisfying(
                        MakeAuthority.class,
                        make -> assertThat(make.algorithm()).isEqualTo(KeyAlgorithm.SM2));
        var restored = trial.restoredIn(TrustEngine::new);
        assertThat(restored.engine().identities().domain().orElseThrow().algorithm())
                .isEqualTo(KeyAlgorithm.SM2);
    }

    @Test
    void the_next_authority_is_published_before_it_signs_and_the_one_before_stays_until_it_ends() {
        domain();
        apply(new TrustCommand.Rotate());
        make();
        assertThat(identities().authorities()).extracting(Authority::number).containsExactly(1L, 2L);
        assertThat(identities().signer()).as("published only").isEqualTo(1);

        trial.advance(Duration.ofMinutes(59));
        assertThat(identities().signer()).isEqualTo(1);
        trial.advance(Duration.ofMinutes(2));
        assertThat(identities().signer()).isEqualTo(2);
        assertThat(identities().state(identities().authorities().getFirst())).isEqualTo(Authority.State.RETIRED);

        trial.advance(Duration.ofHours(11));
        assertThat(trial.openEffects()).as("half of its life is over").hasSize(1);
        make();
        trial.advance(Duration.ofHours(13));
        assertThat(identities().authorities()).extracting(Authority::number).doesNotContain(1L);
    }

    @Test
    void authorities_follow_one_another_without_a_moment_in_which_none_signs() {
        domain();
        for (int hour = 0; hour < 24 * 7; hour++) {
            trial.advance(Duration.ofHours(1));
            if (!trial.openEffects().isEmpty()) {
                make();
            }
            var signing = identities().signing().orElseThrow();
            assertThat(signing.keys().notAfter())
                    .as("what is signed now can last its whole life")
                    .isAfter(trial.now().plus(Duration.ofHours(1)));
            assertThat(signing.number() == 1
                            || !signing.publishedAt().plus(Duration.ofHours(1)).isAfter(trial.now()))
                    .as("it was published for an hour")
                    .isTrue();
        }
        assertThat(identities().lastNumber()).isGreaterThan(10);
        assertThat(identities().authorities()).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void a_rotation_that_is_asked_for_twice_takes_place_once() {
        domain();
        assertThat(apply(new TrustCommand.Rotate())).isEqualTo(new TrustOutcome.Done(2));
        assertThat(apply(new TrustCommand.Rotate())).isEqualTo(new TrustOutcome.Done(2));
        var effect = make();
        assertThat(apply(new TrustCommand.Rotate())).isEqualTo(new TrustOutcome.Done(2));
        assertThat(trial.openEffects()).isEmpty();
        assertThat(trial.result(effect, new TrustCommand.Introduce(effect.value(), keys(trial.now()))))
                .as("an authority that two servers made counts once")
                .isFalse();
        assertThat(reason(apply(new TrustCommand.Introduce(effect.value(), keys(trial.now())))))
                .isEqualTo(TrustOutcome.Reason.CONFLICT);
        assertThat(identities().authorities()).hasSize(2);
    }

    @Test
    void after_a_long_sleep_a_new_authority_signs_as_soon_as_it_is_made() {
        domain();
        trial.advance(Duration.ofDays(3));
        assertThat(identities().authorities()).isEmpty();
        make();
        assertThat(identities().signing().orElseThrow().number()).isEqualTo(2);
    }

    @Test
    void an_entry_matches_what_has_all_of_its_selectors() {
        domain();
        apply(put("a", "spiffe://example.org/a", "unix:uid:7"));
        apply(put("b", "spiffe://example.org/b", "unix:uid:7", "unix:gid:8"));
        assertThat(identities().of(Set.of("unix:uid:7")))
                .extracting(RegistrationEntry::name)
                .containsExactly("a");
        assertThat(identities().of(Set.of("unix:uid:7", "unix:gid:8", "unix:path:/x")))
                .extracting(RegistrationEntry::name)
                .containsExactly("a", "b");
        assertThat(identities().of(Set.of("unix:uid:70"))).isEmpty();
    }

    @Test
    void an_entry_has_versions_and_what_holds_already_makes_none() {
        domain();
        assertThat(apply(put("a", "spiffe://example.org/a", "unix:uid:7"))).isEqualTo(new TrustOutcome.Done(1));
        assertThat(apply(put("a", "spiffe://example.org/a", "unix:uid:7"))).isEqualTo(new TrustOutcome.Done(1));
        assertThat(apply(put("a", "spiffe://example.org/a", "unix:uid:8"))).isEqualTo(new TrustOutcome.Done(2));
        apply(new TrustCommand.RemoveEntry("a"));
        apply(new TrustCommand.RemoveEntry("a"));
        assertThat(identities().entries()).isEmpty();
    }

    @Test
    void an_identity_of_another_domain_cannot_be_given() {
        domain();
        assertThat(reason(apply(put("a", "spiffe://other.org/a", "unix:uid:7"))))
                .isEqualTo(TrustOutcome.Reason.INVALID);
    }

    @Test
    void policies_have_versions_and_a_rollback_is_the_next_one() {
        assertThat(apply(policy("claims.a == 1"))).isEqualTo(new TrustOutcome.Done(1));
        assertThat(apply(policy("claims.a == 1"))).isEqualTo(new TrustOutcome.Done(1));
        assertThat(apply(policy("claims.a == 2"))).isEqualTo(new TrustOutcome.Done(2));
        assertThat(apply(new TrustCommand.RollBackPolicy("main", "p", "bob", 1)))
                .isEqualTo(new TrustOutcome.Done(3));
        assertThat(apply(new TrustCommand.RollBackPolicy("main", "p", "bob", 1)))
                .as("the same once more, because its answer was lost")
                .isEqualTo(new TrustOutcome.Done(3));
        assertThat(trial.engine().book().policyHistory("main", "p"))
                .extracting(AppraisalPolicy::condition, AppraisalPolicy::owner)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("claims.a == 1", "ann"),
                        org.assertj.core.groups.Tuple.tuple("claims.a == 2", "ann"),
                        org.assertj.core.groups.Tuple.tuple("claims.a == 1", "bob"));
        assertThat(reason(apply(new TrustCommand.RollBackPolicy("main", "p", "bob", 9))))
                .isEqualTo(TrustOutcome.Reason.NOT_FOUND);
    }

    private static TrustCommand policy(String condition) {
        return new TrustCommand.PutPolicy("main", "p", "ann", condition, Set.of("debug"));
    }

    @Test
    void a_condition_that_does_not_compile_changes_nothing() {
        assertThat(reason(apply(policy("claims.a ==")))).isEqualTo(TrustOutcome.Reason.INVALID);
        assertThat(trial.engine().book().policyHistory("main", "p")).isEmpty();
    }

    @Test
    void a_bundle_that_was_fetched_takes_the_place_of_the_one_before_and_of_no_other() {
        domain();
        var second = bundle(2);
        apply(new TrustCommand.PutFederated("other.org", BUNDLE, Optional.of(ENDPOINT)));

        assertThat(apply(new TrustCommand.RefreshFederated("other.org", Bundles.name(BUNDLE), second)))
                .isEqualTo(new TrustOutcome.Done(0));
        assertThat(identities().federated()).containsEntry("other.org", second);
        assertThat(identities().endpoints()).containsEntry("other.org", ENDPOINT);

        assertThat(reason(apply(new TrustCommand.RefreshFederated("other.org", Bundles.name(BUNDLE), bundle(3)))))
                .as("another server was faster")
                .isEqualTo(TrustOutcome.Reason.CONFLICT);
        apply(new TrustCommand.RemoveFederated("other.org"));
        assertThat(reason(apply(new TrustCommand.RefreshFederated("other.org", Bundles.name(second), bundle(3)))))
                .as("it was parted with while the fetch was under way")
                .isEqualTo(TrustOutcome.Reason.CONFLICT);
        assertThat(identities().federated()).isEmpty();
        assertThat(identities().endpoints()).isEmpty();
    }

    @Test
    void a_restored_engine_is_the_same_and_goes_on_the_same() {
        domain();
        apply(put("a", "spiffe://example.org/a", "unix:uid:7"));
        apply(policy("claims.a == 1"));
        apply(policy("claims.a == 2"));
        apply(new TrustCommand.PutReference("main", "good", "ann", List.of("x", "y")));
        apply(new TrustCommand.Bind("main", "secret", "ann", List.of("p")));
        apply(new TrustCommand.PutFederated("other.org", BUNDLE, Optional.of(ENDPOINT)));
        apply(new TrustCommand.PutFederated("by-hand.org", BUNDLE, Optional.empty()));
        apply(new TrustCommand.Rotate());
        make();
        var restored = trial.restoredIn(TrustEngine::new);
        assertThat(restored.engine().identities()).isEqualTo(identities());
        assertThat(restored.engine().book().contents())
                .isEqualTo(trial.engine().book().contents());
        assertThat(restored.state()).isEqualTo(trial.state());
        restored.advance(Duration.ofHours(2));
        assertThat(restored.engine().identities().signer()).isEqualTo(2);
    }

    static Stream<TrustCommand> commands() {
        return Stream.of(
                new TrustCommand.SetDomain(DOMAIN),
                new TrustCommand.SetDomain(DOMAIN, KeyAlgorithm.SM2),
                new TrustCommand.SetLives(Duration.ofHours(8), Duration.ofHours(1), Duration.ofMinutes(5)),
                new TrustCommand.Introduce(7, keys(Instant.ofEpochSecond(1_800_000_000))),
                new TrustCommand.Rotate(),
                put("a", "spiffe://example.org/a", "unix:uid:7", "unix:path:/usr/bin/a"),
                new TrustCommand.RemoveEntry("a"),
                new TrustCommand.PutFederated("other.org", BUNDLE, Optional.of(ENDPOINT)),
                new TrustCommand.PutFederated("other.org", BUNDLE, Optional.empty()),
                new TrustCommand.RefreshFederated("other.org", Bundles.name(BUNDLE), bundle(2)),
                new TrustCommand.RemoveFederated("other.org"),
                policy("true"),
                new TrustCommand.RollBackPolicy("main", "p", "ann", 3),
                new TrustCommand.PutReference("main", "good", "ann", List.of("x", "y")),
                new TrustCommand.RollBackReference("main", "good", "ann", 2),
                new TrustCommand.Bind("main", "secret", "ann", List.of("p", "q")));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void a_command_is_read_as_it_was_written(TrustCommand command) {
        var bytes = TrustCodecs.COMMANDS.encode(command);
        assertThat(TrustCodecs.COMMANDS.decode(ByteBuffer.wrap(bytes))).isEqualTo(command);
        assertThat(TrustCodecs.COMMANDS.encode(command)).isEqualTo(bytes);
    }
}
