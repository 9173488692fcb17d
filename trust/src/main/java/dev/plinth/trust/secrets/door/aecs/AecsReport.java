package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.TrusteeEvidence;
import dev.plinth.wire.aecs.UnifiedAttestationAuthReport;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Evidence as a workload hands it in, with the key that it names. */
record AecsReport(Evidence evidence, EnvelopeKey key) {
    /*
     * Collateral that comes with a report is not read: what vendors say of their hardware is in this server's folder, where an older
     * document cannot take the place of a newer one at a stranger's wish.
     *
     * A TPM is no platform of AECS's; its evidence is what a KBS takes, under a platform with a name of its own.
     */
    static final int REPORT_CHARACTERS_MAX = 512 * 1024;
    private static final String WHAT = "auth_ra_report.report";
    private static final String JSON_REPORT = WHAT + ".json_report";
    private static final String QUOTE = "b64_quote";
    private static final int HALF_BYTES = 32;

    /** @throws RuntimeException IllegalArgumentException or {@link dev.plinth.trust.Malformed}, if it is not of the form; it says how */
    static AecsReport read(UnifiedAttestationAuthReport message) {
        var report = message.getReport();
        if (!report.getStrReportVersion().equals("1.0")) {
            throw new IllegalArgumentException(WHAT + ".str_report_version: expected 1.0, found '"
                    + AecsJson.shorten(report.getStrReportVersion()) + "'");
        }
        if (!Set.of("BackgroundCheck", "Passport").contains(report.getStrReportType())) {
            throw new IllegalArgumentException(WHAT + ".str_report_type: expected BackgroundCheck or Passport, found '"
                    + AecsJson.shorten(report.getStrReportType()) + "'");
        }
        if (!report.getJsonNestedReports().isEmpty()) {
            throw new IllegalArgumentException(
                    WHAT + ".json_nested_reports: expected none, for they are not appraised");
        }
        if (report.getJsonReport().length() > REPORT_CHARACTERS_MAX) {
            throw new IllegalArgumentException(JSON_REPORT + ": expected at most " + REPORT_CHARACTERS_MAX
                    + " characters, found " + report.getJsonReport().length());
        }
        var key = EnvelopeKey.read(message.getPemPublicKey());
        return new AecsReport(
                evidence(report.getStrTeePlatform(), report.getJsonReport().getBytes(StandardCharsets.UTF_8)), key);
    }

    private static Evidence evidence(String platform, byte[] text) {
        return switch (platform) {
            case "SGX_DCAP" -> new Evidence.SgxQuote(quote(text));
            case "TDX" -> new Evidence.TdxQuote(quote(text));
            case "CSV" -> new Evidence.CsvReport(quote(text));
            case AecsIdentities.PLATFORM -> TrusteeEvidence.parse("tpm", text);
            default ->
                throw new IllegalArgumentException(WHAT + ".str_tee_platform: expected SGX_DCAP, TDX, CSV or "
                        + AecsIdentities.PLATFORM + ", found '" + AecsJson.shorten(platform) + "'");
        };
    }

    private static Bytes quote(byte[] text) {
        var document = AecsJson.read(JSON_REPORT, text);
        var quote = AecsJson.text(JSON_REPORT, document, QUOTE);
        return Bytes.of(QUOTE, AecsJson.base64(JSON_REPORT + "." + QUOTE, quote));
    }

    /** What the evidence has to repeat: the nonce, and the hash of the key. */
    Challenge challenge(byte[] nonce) {
        var all = Arrays.copyOf(nonce, 2 * HALF_BYTES);
        System.arraycopy(key.hash(), 0, all, HALF_BYTES, HALF_BYTES);
        return Challenge.of(all);
    }

    /** For the audit log. */
    String who() {
        return evidence.kind() + " with key " + key.shortId();
    }
}
