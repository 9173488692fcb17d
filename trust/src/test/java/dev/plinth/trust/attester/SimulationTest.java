package dev.plinth.trust.attester;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.trust.Appraiser;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.CollateralStore;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.Finding;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A simulation of hardware is believed where somebody says so, and nowhere else. */
class SimulationTest {
    private static final byte[] CHALLENGE = {7, 7, 7, 7};

    private final Simulation simulation = Simulation.make();

    private AttestationResult appraise(byte[] statement, TrustAnchors anchors) {
        return new Appraiser(anchors, new CollateralStore())
                .appraise(
                        new Evidence.Simulated(Bytes.of("statement", statement)),
                        Challenge.of(CHALLENGE),
                        Instant.now());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 23, 24, 255, 256, 20_000})
    void a_statement_holds_if_its_root_is_trusted_and_a_simulation_is_excused(int length) {
        var result = appraise(
                simulation.statement(CHALLENGE, new byte[length]),
                TrustAnchors.ofVendors().with(Vendor.SIMULATION, simulation.fingerprint()));

        assertThat(result.holds(Set.of("simulated")))
                .as("%s", result.objections())
                .isTrue();
        assertThat(result.holds()).isFalse();
        assertThat(result.simulated()).isTrue();
        assertThat(result.claims().get("measurement")).isEqualTo("00".repeat(length));
    }

    @Test
    void nobody_trusts_its_root_by_himself() {
        assertThat(appraise(simulation.statement(CHALLENGE, new byte[1]), TrustAnchors.ofVendors())
                        .objections())
                .extracting(Finding::check)
                .contains("simulation.chain.root");
    }

    @Test
    void it_answers_the_challenge_that_it_was_given_and_no_other() {
        assertThat(appraise(
                                simulation.statement(new byte[4], new byte[1]),
                                TrustAnchors.ofVendors().with(Vendor.SIMULATION, simulation.fingerprint()))
                        .objections())
                .extracting(Finding::check)
                .contains("simulation.challenge");
    }
}
