package dev.plinth.bench.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.trust.Appraiser;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.TrustAnchors;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the benchmark appraises is appraised in earnest. */
class ImitatedIntelTest {
    private static final byte[] CHALLENGE = "a nonce of this one time".getBytes(StandardCharsets.US_ASCII);

    @Test
    void its_quotes_hold_under_its_own_root_for_their_challenge_and_nowhere_else() throws Exception {
        var intel = new ImitatedIntel();
        var bytes = intel.quote(CHALLENGE);
        var quote = new Evidence.SgxQuote(Bytes.of("quote", bytes));
        var appraiser = new Appraiser(intel.anchors(), intel.collateral());
        var challenge = Challenge.of(CHALLENGE);

        assertThat(appraiser.appraise(quote, challenge, ImitatedIntel.NOW).objections())
                .isEmpty();
        assertThat(intel.quote(CHALLENGE)).isNotEqualTo(bytes);
        assertThat(appraiser
                        .appraise(quote, Challenge.of(new byte[] {1}), ImitatedIntel.NOW)
                        .holds())
                .isFalse();
        assertThat(new Appraiser(TrustAnchors.ofVendors(), intel.collateral())
                        .appraise(quote, challenge, ImitatedIntel.NOW)
                        .holds())
                .isFalse();
        bytes[400] ^= 1; // within the report that is signed
        assertThat(appraiser
                        .appraise(new Evidence.SgxQuote(Bytes.of("quote", bytes)), challenge, ImitatedIntel.NOW)
                        .holds())
                .isFalse();
    }
}
