package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Azure's virtual TPM on a TDX domain, whose quote vouches for the TPM's key; the hardware is an imitated Intel's. */
class ImitatedAzureTest {
    private final TpmWorld tpm = new TpmWorld();
    private final byte[] runtime = runtime((RSAPublicKey) tpm.keys.getPublic());
    private final byte[] message = tpm.message();

    private static byte[] runtime(RSAPublicKey key) {
        return ("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"" + number(key.getPublicExponent())
                        + "\",\"n\":\""
                        + number(key.getModulus())
                        + "\"}],\"vm-configuration\":{\"secure-boot\":true,\"console-enabled\":false,\"vmUniqueId\":\"one\"}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String number(BigInteger number) {
        var bytes = number.toByteArray();
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
    }

    /** The report in the TPM's NV memory; the hardware's report in it is not what is believed, its quote is. */
    private static byte[] report(byte[] runtimeData) {
        return new Out()
                .put("HCLA".getBytes(StandardCharsets.US_ASCII))
                .zeros(28)
                .zeros(1_184)
                .u32(0)
                .u32(1)
                .u32(AzureVtpm.TYPE_TDX)
                .u32(1)
                .u32(runtimeData.length)
                .put(runtimeData)
                .bytes();
    }

    private static byte[] quote(byte[] runtimeData) {
        var domain = IntelWorld.tdx();
        domain.challenge = Signatures.digest("SHA-256", runtimeData);
        return domain.quote();
    }

    private AttestationResult appraise(byte[] runtimeData, Optional<byte[]> quote, byte[] challenge) {
        var signed = tpm.signature(message);
        return new Appraiser(IntelWorld.anchors(), IntelWorld.tdx().collateral())
                .appraise(
                        new Evidence.AzureVtpm(
                                Bytes.of("report", report(runtimeData)),
                                Bytes.of("quote", message),
                                // Azure hands out the signature's bytes alone, without the algorithms before them.
                                Bytes.of("signature", Arrays.copyOfRange(signed, signed.length - 256, signed.length)),
                                Map.of(TpmAlgorithm.SHA256, tpm.registers),
                                List.of(),
                                quote.map(bytes -> Bytes.of("td quote", bytes))),
                        Challenge.of(challenge),
                        IntelWorld.NOW);
    }

    @Test
    void a_virtual_tpm_on_a_tdx_domain_holds_from_intels_root_to_its_quote() {
        var result = appraise(runtime, Optional.of(quote(runtime)), tpm.challenge);
        Cases.holds(result);
        assertThat(result.parts().get("hardware").kind()).isEqualTo("tdx");
        assertThat(result.claims()).containsEntry("azure.secure-boot", true);
    }

    @Test
    void without_the_domains_quote_with_an_enclaves_or_for_another_challenge_it_is_refused() {
        Cases.refuses("tdx.structure", appraise(runtime, Optional.empty(), tpm.challenge));
        var enclave = IntelWorld.sgx();
        enclave.challenge = Signatures.digest("SHA-256", runtime);
        Cases.refuses("tdx.structure", appraise(runtime, Optional.of(enclave.quote()), tpm.challenge));
        Cases.refuses(
                "tpm.challenge",
                appraise(runtime, Optional.of(quote(runtime)), "another".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void a_key_that_the_domain_did_not_vouch_for_is_refused() {
        var other = runtime((RSAPublicKey) TestAuthority.rsa().getPublic());
        assertThat(appraise(runtime, Optional.of(quote(other)), tpm.challenge).holds())
                .isFalse();
        Cases.refuses("tpm.quote.signature", appraise(other, Optional.of(quote(other)), tpm.challenge));
    }

    @Test
    void each_changed_byte_of_the_runtime_data_is_noticed() {
        var quote = quote(runtime);
        Cases.each_changed_byte_is_refused(
                runtime, 0, runtime.length, changed -> appraise(changed, Optional.of(quote), tpm.challenge));
    }

    @Test
    void each_changed_byte_of_what_intel_signed_of_the_domain_is_noticed() {
        var quote = quote(runtime);
        int signed = 48 + 584;
        Cases.each_changed_byte_is_refused(
                quote, 0, signed, changed -> appraise(runtime, Optional.of(changed), tpm.challenge));
    }
}
