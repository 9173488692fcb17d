package dev.plinth.trust;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;

/** Verifies quotes of the virtual TPM of an Azure confidential VM, whose key the hardware's own report vouches for. */
final class AzureVerifier {
    /*
     * The hardware's report cannot repeat a relying party's nonce: it was made by the paravisor at boot. It contains the digest of the
     * runtime data, the runtime data contains the virtual TPM's attestation key, and the quote signed with it repeats the nonce.
     */
    private static final String ATTESTATION_KEY = "HCLAkPub";

    private final AmdVerifier amd;
    private final IntelVerifier intel;

    AzureVerifier(AmdVerifier amd, IntelVerifier intel) {
        this.amd = amd;
        this.intel = intel;
    }

    void verify(Checks checks, Evidence.AzureVtpm evidence, Challenge challenge) {
        var report = AzureVtpm.parse(evidence.report());
        var digest = Challenge.of(Signatures.digest("SHA-256", report.runtimeData()));
        checks.part("hardware", hardware(checks, evidence, report, digest));

        var runtime = Json.parse(report.runtimeData());
        var key = attestationKey(runtime);
        var signature = new TpmSignature(TpmSignature.Scheme.RSASSA, TpmAlgorithm.SHA256, evidence.signature());
        TpmVerifier.quote(checks, evidence.message(), signature, key, evidence.banks(), challenge);
        runtime.find("vm-configuration").ifPresent(configuration -> {
            configuration.find("secure-boot").ifPresent(value -> checks.claim("azure.secure-boot", value.truth()));
            configuration
                    .find("console-enabled")
                    .ifPresent(value -> checks.claim("azure.console-enabled", value.truth()));
            configuration.find("vmUniqueId").ifPresent(value -> checks.claim("azure.vm-id", value.text()));
        });
        runtime.find("user-data").ifPresent(value -> checks.claim("azure.user-data", value.text()));
    }

    private AttestationResult hardware(Checks checks, Evidence.AzureVtpm evidence, AzureVtpm report, Challenge digest) {
        var tdx = report.type() == AzureVtpm.TYPE_TDX;
        var part = new Checks(tdx ? "tdx" : "snp", checks.at());
        try {
            if (tdx) {
                var quote = evidence.tdQuote()
                        .orElseThrow(() ->
                                new Malformed(report.report().where(), "a TDX quote beside a report of TDX", "none"));
                intel.verify(part, quote, true, digest);
            } else {
                amd.verify(part, new Evidence.SnpReport(report.hardwareReport(), evidence.certificates()), digest);
            }
        } catch (Malformed malformed) {
            part.malformed(tdx ? "tdx.structure" : "snp.structure", malformed);
        }
        return part.result();
    }

    private static PublicKey attestationKey(Json runtime) {
        for (var key : runtime.at("keys").list()) {
            if (key.at("kid").text().equals(ATTESTATION_KEY)) {
                var exponent = number(key.at("e"));
                var modulus = number(key.at("n"));
                try {
                    return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
                } catch (InvalidKeySpecException e) {
                    throw new Malformed(key.where(), "an RSA key", Bytes.shorten(String.valueOf(e.getMessage())));
                } catch (NoSuchAlgorithmException e) {
                    throw new IllegalStateException("this JDK has no RSA", e);
                }
            }
        }
        throw new Malformed(runtime.at("keys").where(), "a key " + ATTESTATION_KEY, "none");
    }

    private static BigInteger number(Json json) {
        try {
            return new BigInteger(1, Base64.getUrlDecoder().decode(json.text()));
        } catch (IllegalArgumentException e) {
            throw new Malformed(json.where(), "Base64url", Bytes.shorten(json.text()));
        }
    }
}
