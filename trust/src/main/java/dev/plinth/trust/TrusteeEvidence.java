package dev.plinth.trust;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Evidence in the form in which the attesters of Confidential Containers hand it in: a JSON document for each kind of TEE.
 *
 * <p>Source: guest-components, {@code attestation-agent/attester}, as of KBS protocol 0.4.0.
 */
public final class TrusteeEvidence {
    /** How long report data is in every kind that is read here, with zeros behind the digest. */
    public static final int REPORT_DATA_BYTES = 64;

    private static final int REGISTERS = 24;
    private static final int DER_SEQUENCE = 0x30;

    /** Kinds that KBS's protocol names and this does not read yet. */
    private static final Set<String> OTHERS = Set.of("az-snp-vtpm", "az-tdx-vtpm", "snp", "csv", "se");

    private static final Set<String> KINDS = Set.of("sgx", "tdx", "cca", "tpm", "sample");

    private TrusteeEvidence() {}

    /**
     * Says whether evidence of this kind is read.
     *
     * @throws IllegalArgumentException if not; it says which are
     */
    public static void checkKind(String tee) {
        if (!KINDS.contains(tee)) {
            throw new IllegalArgumentException("tee: expected one of " + String.join(", ", new TreeSet<>(KINDS))
                    + ", found '" + Bytes.shorten(tee) + "'"
                    + (OTHERS.contains(tee) ? ", whose evidence this release does not read over KBS" : ""));
        }
    }

    /** Reads a document; {@link Malformed} says what is wrong with it. */
    public static Evidence parse(String tee, byte[] document) {
        checkKind(tee);
        var json = Json.parse(Bytes.of("tee-evidence", document));
        return switch (tee) {
            case "sgx" -> new Evidence.SgxQuote(base64(json, "quote"));
            case "tdx" ->
                new Evidence.TdxQuote(
                        base64(json, "quote"), json.find("cc_eventlog").map(_ -> base64(json, "cc_eventlog")));
            case "cca" -> new Evidence.CcaToken(numbers(json.at("token")));
            case "sample" ->
                new Evidence.Sample(
                        base64(json, "report_data"),
                        json.find("svn").map(Json::text).orElse(""));
            case "tpm" -> tpm(json);
            default -> throw new IllegalStateException("a kind that is read, and not read: " + tee);
        };
    }

    private static Evidence tpm(Json json) {
        var quote = json.at("tpm_quote");
        var registers = quote.at("pcrs").list();
        if (registers.size() != REGISTERS) {
            throw new Malformed(quote.at("pcrs").where(), REGISTERS + " registers", Integer.toString(registers.size()));
        }
        var bank = new LinkedHashMap<Integer, Bytes>();
        for (var register : registers) {
            bank.put(bank.size(), register.hex(TpmAlgorithm.SHA256.size()));
        }
        var key = base64(json, "ak_public");
        return new Evidence.TpmQuote(
                base64(quote, "message"),
                base64(quote, "signature"),
                // Older attesters send SubjectPublicKeyInfo, newer ones the TPM's own public area.
                key.length() > 0 && key.u8(0) == DER_SEQUENCE
                        ? key
                        : Bytes.of(key.source(), TpmPublic.parse(key).key().getEncoded()),
                List.of(),
                Map.of(TpmAlgorithm.SHA256, bank),
                Optional.empty(),
                Optional.empty());
    }

    private static Bytes base64(Json json, String name) {
        var member = json.at(name);
        try {
            return Bytes.of(name, Base64.getDecoder().decode(member.text()));
        } catch (IllegalArgumentException e) {
            throw new Malformed(member.where(), "bytes in base64", Bytes.shorten(member.text()));
        }
    }

    /** As Rust's serde writes bytes. */
    private static Bytes numbers(Json json) {
        var bytes = new ArrayList<Byte>();
        json.list().forEach(number -> bytes.add((byte) number.number(255)));
        var array = new byte[bytes.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = bytes.get(i);
        }
        return Bytes.of("token", array);
    }
}
