package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyBookTest {
    private static final Instant T0 = Instant.parse("2026-06-01T00:00:00Z");
    private static final String GOOD = "33".repeat(48);
    private static final String CONDITION =
            "evidence == 'snp' && claims['measurement'] in references['payments'] && claims['fresh'] == true";

    private final PolicyBook book = new PolicyBook();

    private static AttestationResult snp() {
        return new AmdWorld().appraise();
    }

    private static AttestationResult debugged() {
        var world = new AmdWorld();
        world.report = bytes -> bytes[10] |= 8;
        return world.appraise();
    }

    private void open() {
        book.putReference("acme", "payments", List.of("00".repeat(48), GOOD), "release", T0);
        book.putPolicy("acme", "payments", CONDITION, Set.of(), "security", T0);
        book.bind("acme", "keys/payments", List.of("payments"), "security", T0);
    }

    @Test
    void what_a_policy_and_its_reference_values_describe_is_granted() {
        open();

        var decision = book.decide("acme", "keys/payments", snp(), T0);

        assertThat(decision.reasons()).isEmpty();
        assertThat(decision.granted()).isTrue();
        assertThat(decision.policies()).containsExactly("payments@1");
    }

    @Test
    void whatever_does_not_exist_denies_and_says_what_it_was() {
        assertThat(book.decide("acme", "keys/payments", snp(), T0).reasons())
                .containsExactly("there is no tenant acme");
        book.putPolicy("acme", "payments", CONDITION, Set.of(), "security", T0);
        assertThat(book.decide("acme", "keys/payments", snp(), T0).reasons())
                .containsExactly("no policy guards keys/payments");
        book.bind("acme", "keys/payments", List.of("payments", "absent"), "security", T0);

        var decision = book.decide("acme", "keys/payments", snp(), T0);

        assertThat(decision.granted()).isFalse();
        assertThat(decision.reasons()).hasSize(2).contains("there is no policy absent");
        assertThat(decision.reasons().getFirst()).contains("payments@1").contains("cannot be evaluated");
    }

    @Test
    void a_resource_that_is_bound_to_nothing_is_closed_to_everybody() {
        open();
        book.bind("acme", "keys/payments", List.of(), "security", T0);

        assertThat(book.decide("acme", "keys/payments", snp(), T0).granted()).isFalse();
    }

    @Test
    void one_tenants_policies_and_values_are_not_anothers() {
        open();
        book.putPolicy("other", "payments", CONDITION, Set.of(), "security", T0);
        book.bind("other", "keys/payments", List.of("payments"), "security", T0);

        assertThat(book.decide("other", "keys/payments", snp(), T0).granted()).isFalse();
        assertThat(book.decide("acme", "keys/payments", snp(), T0).granted()).isTrue();
    }

    @Test
    void all_policies_of_a_resource_have_to_grant() {
        open();
        book.putPolicy("acme", "only-vlek", "claims['snp.signing-key'] == 'vlek'", Set.of(), "security", T0);
        book.bind("acme", "keys/payments", List.of("payments", "only-vlek"), "security", T0);

        var decision = book.decide("acme", "keys/payments", snp(), T0);

        assertThat(decision.granted()).isFalse();
        assertThat(decision.policies()).containsExactly("payments@1", "only-vlek@1");
        assertThat(decision.reasons()).containsExactly("only-vlek@1: the condition is false");
    }

    @Test
    void debug_passes_only_a_policy_that_names_it() {
        open();
        assertThat(book.decide("acme", "keys/payments", debugged(), T0).reasons())
                .anySatisfy(reason -> assertThat(reason).contains("amd.debug"));

        book.putPolicy("acme", "payments", CONDITION, Set.of("debug"), "security", T0);

        assertThat(book.decide("acme", "keys/payments", debugged(), T0).granted())
                .isTrue();
    }

    @Test
    void a_simulation_passes_only_a_policy_that_names_it() {
        var nonce = new byte[] {1, 2, 3};
        var result = new Appraiser(
                        TrustAnchors.none().with(Vendor.SIMULATION, ImitatedOthersTest.SIMULATION.certificate()),
                        new CollateralStore())
                .appraise(ImitatedOthersTest.simulated(nonce), Challenge.of(nonce), T0);
        book.putPolicy("acme", "any", "true", Set.of("debug"), "security", T0);
        book.bind("acme", "keys/any", List.of("any"), "security", T0);
        assertThat(book.decide("acme", "keys/any", result, T0).granted()).isFalse();

        book.putPolicy("acme", "any", "true", Set.of("simulated"), "security", T0);
        assertThat(book.decide("acme", "keys/any", result, T0).granted()).isTrue();
    }

    @Test
    void a_result_that_has_run_out_or_lies_ahead_is_granted_nothing() {
        open();
        var result = snp();

        assertThat(book.decide("acme", "keys/payments", result, result.validUntil())
                        .granted())
                .isTrue();
        assertThat(book.decide(
                                "acme",
                                "keys/payments",
                                result,
                                result.validUntil().plusSeconds(1))
                        .reasons())
                .singleElement()
                .asString()
                .contains("the result is good from");
        assertThat(book.decide("acme", "keys/payments", result, T0.minusSeconds(1))
                        .granted())
                .isFalse();
    }

    @Test
    void a_failed_check_passes_no_policy() {
        var world = new AmdWorld();
        world.signed = bytes -> {
            bytes[0x90] ^= 1;
            return bytes;
        };
        book.putPolicy(
                "acme",
                "any",
                "true",
                Set.of("debug", "simulated", "tcb:OutOfDate", "amd.report.signature"),
                "security",
                T0);
        book.bind("acme", "keys/any", List.of("any"), "security", T0);

        assertThat(book.decide("acme", "keys/any", world.appraise(), T0).granted())
                .isFalse();
    }

    @Test
    void versions_are_kept_and_a_rollback_makes_a_new_one_with_the_old_content() {
        open();
        book.putPolicy("acme", "payments", "false", Set.of("debug"), "intern", T0.plusSeconds(1));
        assertThat(book.decide("acme", "keys/payments", snp(), T0).granted()).isFalse();

        var rolledBack = book.rollBackPolicy("acme", "payments", 1, "security", T0.plusSeconds(2));

        assertThat(rolledBack.version()).isEqualTo(3);
        assertThat(rolledBack.waivers()).isEmpty();
        assertThat(book.decide("acme", "keys/payments", snp(), T0).policies()).containsExactly("payments@3");
        assertThat(book.policyHistory("acme", "payments"))
                .extracting(AppraisalPolicy::owner)
                .containsExactly("security", "intern", "security");
        assertThatThrownBy(() -> book.rollBackPolicy("acme", "payments", 9, "security", T0))
                .hasMessageContaining("payments@9");
    }

    @Test
    void a_reference_value_that_is_rolled_back_decides_again() {
        open();
        book.putReference("acme", "payments", List.of("11".repeat(48)), "release", T0);
        assertThat(book.decide("acme", "keys/payments", snp(), T0).granted()).isFalse();

        book.rollBackReference("acme", "payments", 1, "release", T0);

        assertThat(book.decide("acme", "keys/payments", snp(), T0).granted()).isTrue();
        assertThat(book.referenceHistory("acme", "payments"))
                .extracting(ReferenceValue::version)
                .containsExactly(1, 2, 3);
    }

    @Test
    void a_dry_run_shows_what_would_be_decided_and_changes_nothing() {
        open();

        var runs = book.dryRun("acme", "payments", "true", Set.of("debug"), List.of(snp(), debugged()));

        assertThat(runs).extracting(PolicyBook.Comparison::differs).containsExactly(false, true);
        assertThat(runs.get(1).today().granted()).isFalse();
        assertThat(runs.get(1).proposed().granted()).isTrue();
        assertThat(book.policyHistory("acme", "payments")).hasSize(1);
        assertThat(book.decide("acme", "keys/payments", debugged(), T0).granted())
                .isFalse();
    }

    @Test
    void an_excerpt_decides_as_the_book_does_and_numbers_a_proposal_after_the_newest_version() {
        open();
        book.putPolicy("acme", "payments", "false", Set.of(), "security", T0);
        var excerpt = book.excerpt("acme", "payments");
        book.putPolicy("acme", "payments", "true", Set.of(), "security", T0);

        var run = excerpt.dryRun("acme", "payments", CONDITION, Set.of(), List.of(snp(), debugged()));

        assertThat(run.getFirst().today().reasons()).containsExactly("payments@2: the condition is false");
        assertThat(run.getFirst().proposed().granted()).isTrue();
        assertThat(run.getLast().proposed().policies()).containsExactly("payments@3");
        assertThat(excerpt.dryRun("acme", "absent", "true", Set.of(), List.of(snp()))
                        .getFirst()
                        .today()
                        .reasons())
                .containsExactly("there is no policy absent");
    }

    @Test
    void what_holds_now_is_the_newest_of_each_name() {
        open();
        book.putPolicy("acme", "payments", "true", Set.of(), "security", T0);
        book.putPolicy("other", "a", "true", Set.of(), "security", T0);

        assertThat(book.newest(10).policies())
                .extracting(one -> one.tenant() + "/" + one.name() + "@" + one.version())
                .containsExactly("acme/payments@2", "other/a@1");
        assertThat(book.newest(10).references()).hasSize(1);
        assertThat(book.newest(10).bindings()).hasSize(1);
        assertThat(book.newest(1).policies()).hasSize(1);
    }

    @Test
    void a_condition_that_does_not_compile_is_refused_and_changes_nothing() {
        open();

        for (var wrong : List.of("claims[", "1 + 1", "unknown == 'x'", "")) {
            assertThatThrownBy(() -> book.putPolicy("acme", "payments", wrong, Set.of(), "security", T0))
                    .isInstanceOf(Malformed.class)
                    .hasMessageContaining("policy payments");
        }
        assertThat(book.policyHistory("acme", "payments")).hasSize(1);
        assertThat(book.decide("acme", "keys/payments", snp(), T0).granted()).isTrue();
    }

    @Test
    void conditions_see_parts_vector_and_lists() {
        var result = new Appraiser(AmdWorld.anchors(), new CollateralStore());
        var amd = new AmdWorld();
        var composite = result.appraise(
                new Evidence.Composite(Map.of("vm", amd.evidence(amd.report()))),
                Challenge.of(amd.challenge),
                AmdWorld.NOW);
        book.putPolicy(
                "acme",
                "composite",
                "parts['vm'].claims['snp.product'] == 'Milan' && parts['vm'].evidence == 'snp' && vector['hardware'] < 32"
                        + " && parts['vm'].claims['snp.tcb.microcode'] >= 115 && !has(claims.nothing)",
                Set.of(),
                "security",
                T0);
        book.bind("acme", "keys/vm", List.of("composite"), "security", T0);

        assertThat(book.decide("acme", "keys/vm", composite, T0).reasons()).isEmpty();
    }

    @Test
    void a_condition_that_would_take_for_ever_denies() {
        book.putReference(
                "acme",
                "many",
                java.util.stream.IntStream.range(0, 9_000)
                        .mapToObj(Integer::toString)
                        .toList(),
                "release",
                T0);
        book.putPolicy(
                "acme",
                "slow",
                "references['many'].all(a, references['many'].all(b, references['many'].all(c, a + b + c != 'x')))",
                Set.of(),
                "security",
                T0);
        book.bind("acme", "keys/slow", List.of("slow"), "security", T0);

        assertThat(book.decide("acme", "keys/slow", snp(), T0).reasons())
                .anySatisfy(reason -> assertThat(reason).contains("cannot be evaluated"));
    }

    @Test
    void names_owners_and_sizes_are_checked() {
        assertThatThrownBy(() -> book.putPolicy("acme", "no spaces", "true", Set.of(), "security", T0))
                .hasMessageContaining("policy: expected 1 to 200 letters");
        assertThatThrownBy(() -> book.putPolicy("acme", "p", "true", Set.of(), "", T0))
                .hasMessageContaining("owner");
        assertThatThrownBy(() -> book.putPolicy("", "p", "true", Set.of(), "o", T0))
                .hasMessageContaining("tenant");
        assertThatThrownBy(() -> book.putReference("acme", "r", List.of("x".repeat(2_000)), "o", T0))
                .hasMessageContaining("1024 characters");
        assertThat(book.policyHistory("acme", "p")).isEmpty();
    }
}
