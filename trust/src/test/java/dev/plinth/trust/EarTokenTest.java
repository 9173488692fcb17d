package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EarTokenTest {
    private static final ECKey KEY = key();
    private final EarToken tokens = new EarToken(KEY, "plinth", "0.1.0");

    private static ECKey key() {
        var keys = TestAuthority.ec("secp256r1");
        return new ECKey.Builder(Curve.P_256, (ECPublicKey) keys.getPublic())
                .privateKey(keys.getPrivate())
                .keyID("one")
                .build();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> submodule(Map<String, Object> claims, String name) {
        return (Map<String, Object>) ((Map<String, Object>) claims.get("submods")).get(name);
    }

    @Test
    void a_token_says_what_was_found_and_by_whom() {
        var result = new AmdWorld().appraise();
        var token = tokens.sign(result, Set.of(), List.of("payments@3"), Optional.of("00ff"));
        var claims = EarToken.verify(token, KEY, AmdWorld.NOW);

        assertThat(claims)
                .containsEntry("eat_profile", "tag:github.com,2023:veraison/ear")
                .containsEntry("eat_nonce", "00ff")
                .containsEntry("ear.status", "affirming")
                .containsEntry("ear.verifier-id", Map.of("developer", "plinth", "build", "0.1.0"));
        var snp = submodule(claims, "snp");
        assertThat(snp).containsEntry("ear.status", "affirming").containsEntry("ear.appraisal-policy-id", "payments@3");
        assertThat(snp.get("ear.trustworthiness-vector").toString())
                .contains("hardware=3")
                .contains("runtime-opaque=2");
        assertThat(snp.get("ear.veraison.annotated-evidence").toString()).contains("snp.product=Milan");
    }

    @Test
    void what_does_not_hold_is_contraindicated_and_says_why() {
        var world = new AmdWorld();
        world.report = bytes -> bytes[10] |= 8;
        var claims = EarToken.verify(
                tokens.sign(world.appraise(), Set.of(), List.of(), Optional.empty()), KEY, AmdWorld.NOW);

        assertThat(claims).containsEntry("ear.status", "contraindicated");
        assertThat(submodule(claims, "snp").get("plinth.objections").toString()).contains("amd.debug");
    }

    @Test
    void a_simulation_is_marked_twice_and_affirmed_never() {
        var nonce = new byte[] {1};
        var result = new Appraiser(
                        TrustAnchors.none().with(Vendor.SIMULATION, ImitatedOthersTest.SIMULATION.certificate()),
                        new CollateralStore())
                .appraise(ImitatedOthersTest.simulated(nonce), Challenge.of(nonce), AmdWorld.NOW);
        var claims = EarToken.verify(
                tokens.sign(result, Set.of("simulated"), List.of(), Optional.empty()), KEY, AmdWorld.NOW);

        assertThat(claims).containsEntry("plinth.simulated", true).containsEntry("ear.status", "contraindicated");
        assertThat(submodule(claims, "simulated")).containsEntry("plinth.simulated", true);
    }

    @Test
    void a_composite_has_a_submodule_for_each_part() {
        var world = new AmdWorld();
        var result = new Appraiser(AmdWorld.anchors(), new CollateralStore())
                .appraise(
                        new Evidence.Composite(
                                Map.of("one", world.evidence(world.report()), "two", world.evidence(world.report()))),
                        Challenge.of(world.challenge),
                        AmdWorld.NOW);
        var claims = EarToken.verify(tokens.sign(result, Set.of(), List.of(), Optional.empty()), KEY, AmdWorld.NOW);

        assertThat(submodule(claims, "one")).containsEntry("ear.status", "affirming");
        assertThat(submodule(claims, "two")).containsEntry("ear.status", "affirming");
    }

    @Test
    void a_token_of_another_key_another_time_or_another_form_is_refused() {
        var token = tokens.sign(new AmdWorld().appraise(), Set.of(), List.of(), Optional.empty());

        assertThatThrownBy(() -> EarToken.verify(token, key(), AmdWorld.NOW)).isInstanceOf(Malformed.class);
        assertThatThrownBy(() -> EarToken.verify(token, KEY, Instant.parse("2025-01-01T00:00:00Z")))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("a time from");
        for (var wrong : List.of("", "a.b", "a.b.c", token + "x", token.substring(1), "{}")) {
            assertThatThrownBy(() -> EarToken.verify(wrong, KEY, AmdWorld.NOW)).isInstanceOf(Malformed.class);
        }
    }

    @Test
    void a_result_that_failed_makes_a_token_that_is_over_at_once() {
        var world = new AmdWorld();
        world.signed = bytes -> {
            bytes[0x90] ^= 1;
            return bytes;
        };
        var token = tokens.sign(world.appraise(), Set.of(), List.of(), Optional.empty());

        assertThatThrownBy(() -> EarToken.verify(token, KEY, AmdWorld.NOW.plusSeconds(1)))
                .hasMessageContaining("a time from");
    }
}
