package dev.plinth.trust.proof;

import com.google.protobuf.ByteString;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.TpmAlgorithm;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Evidence as it comes over the wire. Its bytes are looked at by the verifiers alone. */
public final class EvidenceMessages {
    private static final int REGISTERS_MAX = 128;

    private EvidenceMessages() {}

    /**
     * The evidence of a message.
     *
     * @throws RefusedProof if it has no form, or one that cannot be
     */
    public static Evidence read(AttestationEvidence message) throws RefusedProof {
        return switch (message.getFormCase()) {
            case TPM -> tpm(message.getTpm());
            case SGX -> new Evidence.SgxQuote(bytes("quote", message.getSgx()));
            case TDX ->
                new Evidence.TdxQuote(
                        bytes("quote", message.getTdx().getQuote()),
                        optional("event log", message.getTdx().getEventLog()));
            case SNP ->
                new Evidence.SnpReport(
                        bytes("report", message.getSnp().getReport()),
                        certificates(message.getSnp().getCertificatesList()));
            case NITRO -> new Evidence.NitroDocument(bytes("document", message.getNitro()));
            case CCA -> new Evidence.CcaToken(bytes("token", message.getCca()));
            case CSV -> new Evidence.CsvReport(bytes("report", message.getCsv()));
            case GPU ->
                new Evidence.GpuReport(
                        bytes("report", message.getGpu().getReport()),
                        bytes("certificates", message.getGpu().getCertificates()));
            case SIMULATED -> new Evidence.Simulated(bytes("statement", message.getSimulated()));
            case COMPOSITE -> composite(message.getComposite());
            case FORM_NOT_SET -> throw new RefusedProof("evidence: expected a form of it, found none");
        };
    }

    private static Evidence composite(AttestationEvidence.Composite message) throws RefusedProof {
        var parts = new HashMap<String, Evidence>();
        for (var part : message.getPartsMap().entrySet()) {
            if (part.getValue().hasComposite()) {
                throw new RefusedProof("evidence: expected no composite within a composite, found one");
            }
            parts.put(part.getKey(), read(part.getValue()));
        }
        try {
            return new Evidence.Composite(parts);
        } catch (IllegalArgumentException e) {
            throw new RefusedProof("evidence: " + e.getMessage());
        }
    }

    private static Evidence tpm(AttestationEvidence.TpmQuote message) throws RefusedProof {
        if (message.getRegistersCount() > REGISTERS_MAX) {
            throw new RefusedProof(
                    "registers: expected at most " + REGISTERS_MAX + ", found " + message.getRegistersCount());
        }
        var banks = new EnumMap<TpmAlgorithm, Map<Integer, Bytes>>(TpmAlgorithm.class);
        for (var register : message.getRegistersList()) {
            var bank = bank(register.getBank());
            banks.computeIfAbsent(bank, _ -> new TreeMap<>())
                    .put(register.getIndex(), bytes("register " + register.getIndex(), register.getValue()));
        }
        return new Evidence.TpmQuote(
                bytes("quote", message.getMessage()),
                bytes("signature", message.getSignature()),
                bytes("attestation key", message.getKey()),
                certificates(message.getCertificatesList()),
                banks,
                optional("event log", message.getEventLog()),
                optional("IMA log", message.getImaLog()));
    }

    private static TpmAlgorithm bank(String name) throws RefusedProof {
        return switch (name) {
            case "sha256" -> TpmAlgorithm.SHA256;
            case "sha384" -> TpmAlgorithm.SHA384;
            case "sha512" -> TpmAlgorithm.SHA512;
            default ->
                throw new RefusedProof(
                        "bank of a register: expected sha256, sha384 or sha512, found " + RefusedProof.shown(name));
        };
    }

    private static List<Bytes> certificates(List<ByteString> certificates) {
        return certificates.stream().map(one -> bytes("certificate", one)).toList();
    }

    /** Bytes that were sent, and what they are called. */
    public static Bytes bytes(String source, ByteString bytes) {
        return Bytes.of(source, bytes.toByteArray());
    }

    private static Optional<Bytes> optional(String source, ByteString bytes) {
        return bytes.isEmpty() ? Optional.empty() : Optional.of(bytes(source, bytes));
    }
}
