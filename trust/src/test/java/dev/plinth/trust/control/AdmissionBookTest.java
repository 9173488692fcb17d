package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.kernel.EngineTrial;
import dev.plinth.trust.Finding;
import dev.plinth.trust.supply.Admission;
import dev.plinth.trust.supply.AdmissionRules;
import dev.plinth.trust.supply.Artifact;
import dev.plinth.trust.supply.ProvenanceRules;
import dev.plinth.trust.supply.SbomRules;
import dev.plinth.trust.supply.Verdict;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Policies and verdicts of admission in the engine: what holds, for how long, and how much of it. */
class AdmissionBookTest {
    private static final String APP = "a".repeat(64);
    private static final AdmissionRules RULES =
            new AdmissionRules(List.of(key()), List.of(), "", false, Optional.empty(), Optional.empty());
    private static final AdmissionRules STRICTER = new AdmissionRules(
            RULES.keys(),
            List.of(),
            "",
            false,
            Optional.of(new SbomRules(
                    Set.of(SbomRules.Field.PURL, SbomRules.Field.HASH),
                    true,
                    false,
                    List.of("GPL-3.0-only"),
                    List.of("pkg:maven/a/b@1"))),
            Optional.of(new ProvenanceRules(List.of("https://builder.org/*"), List.of("https://example.org/app"))));

    private final EngineTrial<TrustEngine, TrustCommand, TrustOutcome, TrustEffect, Identities> trial =
            new EngineTrial<>(new TrustEngine());

    private static String key() {
        try {
            return "-----BEGIN PUBLIC KEY-----\n"
                    + Base64.getEncoder()
                            .encodeToString(KeyPairGenerator.getInstance("Ed25519")
                                    .generateKeyPair()
                                    .getPublic()
                                    .getEncoded())
                    + "\n-----END PUBLIC KEY-----\n";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private TrustOutcome put(AdmissionRules rules) {
        return trial.apply(new TrustCommand.PutAdmissionPolicy("releases", "ann", rules));
    }

    private static Verdict verdict(String sha256, int version, boolean admitted) {
        return new Verdict(
                0,
                sha256,
                "app.jar",
                "releases",
                version,
                admitted,
                admitted ? Set.of("key sha256:00") : Set.of(),
                List.of(new Verdict.Note(
                        "signature",
                        admitted ? Finding.Outcome.PASSED : Finding.Outcome.FAILED,
                        "a signature",
                        "what was found",
                        "signature[0..64)")),
                0,
                Instant.EPOCH);
    }

    private TrustOutcome judge(String sha256, int version, boolean admitted) {
        return trial.apply(new TrustCommand.Judge(verdict(sha256, version, admitted)));
    }

    private Admission.Answer answer(String sha256) {
        return trial.engine().admissions().answer("releases", sha256);
    }

    @Test
    void what_no_policy_guards_or_nobody_has_examined_is_denied() {
        assertThat(answer(APP).reason()).contains("there is no admission policy releases");
        assertThat(judge(APP, 0, false)).isEqualTo(new TrustOutcome.Done(1));
        assertThat(answer(APP).admitted()).isFalse();

        put(RULES);
        assertThat(answer("b".repeat(64)).admitted()).isFalse();
        assertThat(answer("b".repeat(64)).reason()).contains("nobody has examined it");
    }

    @Test
    void the_newest_verdict_counts_whichever_way_it_went() {
        put(RULES);
        judge(APP, 1, true);
        assertThat(answer(APP).admitted()).isTrue();

        judge(APP, 1, false);
        assertThat(answer(APP).admitted()).isFalse();
        assertThat(answer(APP).reason()).contains("refused under releases@1", "signature: expected a signature");

        judge(APP, 1, true);
        assertThat(answer(APP).admitted()).isTrue();
    }

    @Test
    void a_policy_that_changed_admits_nothing_until_it_is_examined_again() {
        put(RULES);
        judge(APP, 1, true);
        assertThat(put(RULES)).isEqualTo(new TrustOutcome.Done(1));
        assertThat(answer(APP).admitted()).isTrue();

        assertThat(put(STRICTER)).isEqualTo(new TrustOutcome.Done(2));
        assertThat(answer(APP).admitted()).isFalse();
        assertThat(answer(APP).reason()).contains("version 2 by now");
    }

    @Test
    void a_verdict_under_a_policy_that_changed_meanwhile_is_not_stored() {
        put(RULES);
        put(STRICTER);

        assertThat(judge(APP, 1, true)).isInstanceOf(TrustOutcome.Denied.class);
        assertThat(judge(APP, 3, true)).isInstanceOf(TrustOutcome.Denied.class);
        assertThat(trial.engine().admissions().on(APP)).isEmpty();
    }

    @Test
    void verdicts_and_versions_are_bounded_and_the_oldest_go_first() {
        put(RULES);
        for (int i = 0; i < TrustLimits.VERDICTS_PER_ARTIFACT_MAX + 3; i++) {
            judge(APP, 1, i % 2 == 0);
        }
        var kept = trial.engine().admissions().on(APP);
        assertThat(kept).hasSize(TrustLimits.VERDICTS_PER_ARTIFACT_MAX);
        assertThat(kept.getFirst().number()).isEqualTo(TrustLimits.VERDICTS_PER_ARTIFACT_MAX + 3);
        assertThat(kept.getLast().number()).isEqualTo(4);

        for (int i = 0; i < TrustLimits.VERDICTS_MAX; i++) {
            judge("%064x".formatted(i), 1, true);
        }
        assertThat(trial.engine().admissions().on(APP)).isEmpty();
        assertThat(answer(APP).admitted()).isFalse();
        assertThat(trial.engine().admissions().verdicts(0, 10)).hasSize(10);
        assertThat(trial.engine().admissions().verdicts(0, Integer.MAX_VALUE)).hasSize(TrustLimits.VERDICTS_MAX);

        for (int i = 0; i < TrustLimits.ADMISSION_VERSIONS_MAX; i++) {
            put(i % 2 == 0 ? STRICTER : RULES);
        }
        assertThat(trial.engine().admissions().policy("releases"))
                .hasSize(TrustLimits.ADMISSION_VERSIONS_MAX)
                .first()
                .satisfies(one -> assertThat(one.version()).isEqualTo(2));
    }

    @Test
    void pages_of_verdicts_follow_one_another() {
        put(RULES);
        for (int i = 0; i < 5; i++) {
            judge("%064x".formatted(i), 1, true);
        }
        var book = trial.engine().admissions();

        assertThat(book.verdicts(0, 2)).extracting(Verdict::number).containsExactly(5L, 4L);
        assertThat(book.verdicts(4, 2)).extracting(Verdict::number).containsExactly(3L, 2L);
        assertThat(book.verdicts(1, 2)).isEmpty();
    }

    @Test
    void a_snapshot_holds_all_of_it() {
        put(RULES);
        judge(APP, 1, true);
        trial.advance(Duration.ofSeconds(5));
        put(STRICTER);
        judge("b".repeat(64), 2, false);

        var restored = trial.restoredIn(TrustEngine::new);

        assertThat(restored.state()).isEqualTo(trial.state());
        assertThat(restored.engine().admissions().contents())
                .isEqualTo(trial.engine().admissions().contents());
        assertThat(restored.apply(new TrustCommand.Judge(verdict(APP, 2, true))))
                .isEqualTo(new TrustOutcome.Done(3));
        assertThat(restored.engine().admissions().answer("releases", APP).admitted())
                .isTrue();
    }

    static Stream<TrustCommand> commands() {
        return Stream.of(
                new TrustCommand.PutAdmissionPolicy("releases", "ann", RULES),
                new TrustCommand.PutAdmissionPolicy("releases", "ann", STRICTER),
                new TrustCommand.Judge(verdict(APP, 1, true)),
                new TrustCommand.Judge(Verdict.unguarded(Artifact.named("app", APP), "none", Instant.EPOCH)));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void a_command_is_the_same_after_it_was_stored(TrustCommand command) {
        assertThat(TrustCodecs.COMMANDS.decode(ByteBuffer.wrap(TrustCodecs.COMMANDS.encode(command))))
                .isEqualTo(command);
    }
}
