package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Documents of real Nitro enclaves, one of them under debug. */
class GenuineNitroTest {
    private static final Instant TIME = Instant.parse("2022-10-13T08:58:10Z");
    private static final Instant DEBUG_TIME = Instant.parse("2022-10-12T13:50:10Z");

    private static AttestationResult appraise(byte[] document, Challenge challenge, Instant at) {
        return new Appraiser(TrustAnchors.ofVendors(), new CollateralStore())
                .appraise(new Evidence.NitroDocument(Bytes.of("document", document)), challenge, at);
    }

    @Test
    void the_document_holds_at_its_time() {
        var result = appraise(GenuineEvidence.file("nitro/document.cbor"), Challenge.unknown(), TIME);

        Cases.holds(result);
        assertThat(result.claims())
                .containsEntry("nitro.module-id", "i-020b6af9246d90e92-enc0183d09086c24190")
                .containsEntry("debug", false);
        assertThat(result.claims().get("nitro.pcr0").toString()).startsWith("f4d48b81a460c9916d1e");
    }

    @Test
    void the_document_answers_its_own_nonce_and_no_other() {
        var document = GenuineEvidence.file("nitro/document.cbor");
        var nonce = Bytes.ofHex(
                        "",
                        appraise(document, Challenge.unknown(), TIME)
                                .claims()
                                .get("nitro.nonce")
                                .toString())
                .copy();

        Cases.holds(appraise(document, Challenge.of(nonce), TIME));
        nonce[0] ^= 1;
        Cases.refuses("nitro.challenge", appraise(document, Challenge.of(nonce), TIME));
    }

    @Test
    void the_document_of_a_debug_enclave_holds_only_if_debug_is_named() {
        var result = appraise(GenuineEvidence.file("nitro/document_debug.cbor"), Challenge.unknown(), DEBUG_TIME);

        Cases.refuses("nitro.debug", result);
        assertThat(result.waiversNeeded()).containsExactly("debug");
        assertThat(result.holds(Set.of("debug"))).isTrue();
    }

    @Test
    void outside_of_the_certificates_three_hours_it_is_refused() {
        var document = GenuineEvidence.file("nitro/document.cbor");
        Cases.refuses("nitro.chain.validity", appraise(document, Challenge.unknown(), TIME.plusSeconds(3 * 3600)));
        Cases.refuses("nitro.chain.validity", appraise(document, Challenge.unknown(), TIME.minusSeconds(3600)));
    }

    @Test
    void each_changed_byte_of_the_document_is_noticed() {
        var document = GenuineEvidence.file("nitro/document.cbor");
        var appraiser = new Appraiser(TrustAnchors.ofVendors(), new CollateralStore());
        Cases.each_changed_byte_is_refused(
                document,
                0,
                document.length,
                bytes -> appraiser.appraise(
                        new Evidence.NitroDocument(Bytes.of("document", bytes)), Challenge.unknown(), TIME));
    }
}
