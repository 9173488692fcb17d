package dev.plinth.trust.attester;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.TpmKeys;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import dev.plinth.wire.trust.v1.AttestationGrpc.AttestationBlockingStub;
import dev.plinth.wire.trust.v1.CompleteEnrolmentRequest;
import dev.plinth.wire.trust.v1.EnrolTpmRequest;
import java.io.IOException;
import java.security.PublicKey;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Enrols a TPM at a server, and makes the evidence that the server asks for. For one thread. */
public final class TpmAttester implements AutoCloseable {
    private static final int REGISTERS = 24;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Tpm tpm;
    private final Tpm.Key attestation;

    /** Made when somebody asks for it: an RSA key takes a TPM seconds, and quotes do not need it. */
    private Tpm.@Nullable Key endorsement;

    private TpmAttester(Tpm tpm, Tpm.Key attestation) {
        this.tpm = tpm;
        this.attestation = attestation;
    }

    /** With the default endorsement key, and an attestation key that is the same each time; closed with this, the TPM with it. */
    public static TpmAttester of(Tpm tpm) throws IOException {
        return new TpmAttester(tpm, tpm.createPrimary(Tpm.OWNER, TpmTemplates.attestation()));
    }

    private Tpm.Key endorsement() throws IOException {
        var made = endorsement;
        if (made == null) {
            made = tpm.createPrimary(Tpm.ENDORSEMENT, TpmTemplates.endorsement());
            endorsement = made;
        }
        return made;
    }

    /** What the maker of the TPM certifies. */
    public PublicKey endorsementKey() throws IOException {
        return TpmKeys.publicKey(
                Bytes.of("endorsement key", endorsement().publicArea().toByteArray()));
    }

    /** What quotes are signed with. */
    public PublicKey attestationKey() {
        return TpmKeys.publicKey(
                Bytes.of("attestation key", attestation.publicArea().toByteArray()));
    }

    /**
     * Has the attestation key tied to the endorsement key.
     *
     * @param certificates of the endorsement key, DER, its own first
     * @return the selector that names this TPM from now on
     */
    public String enrol(AttestationBlockingStub server, List<byte[]> certificates) throws IOException {
        var offer = server.enrolTpm(EnrolTpmRequest.newBuilder()
                .addAllEndorsementCertificates(
                        certificates.stream().map(ByteString::copyFrom).toList())
                .setAttestationKey(attestation.publicArea())
                .build());
        var secret = tpm.activate(
                attestation,
                endorsement(),
                offer.getCredentialBlob().toByteArray(),
                offer.getEncryptedSecret().toByteArray());
        return server.completeEnrolment(CompleteEnrolmentRequest.newBuilder()
                        .setEnrolment(offer.getEnrolment())
                        .setSecret(ByteString.copyFrom(secret))
                        .build())
                .getSelector();
    }

    /** Measures: the register becomes the hash of what it was and this. */
    public void extend(int register, byte[] sha256) throws IOException {
        tpm.extend(register, sha256);
    }

    /** The values of registers of the SHA-256 bank, at most 8. */
    public List<byte[]> read(List<Integer> registers) throws IOException {
        return tpm.read(registers);
    }

    /** A quote of registers of the SHA-256 bank, at most 8, with their values. */
    public AttestationEvidence quote(byte[] binding, List<Integer> registers) throws IOException {
        var quote = tpm.quote(attestation, binding, registers);
        var values = tpm.read(registers);
        var message = AttestationEvidence.TpmQuote.newBuilder()
                .setMessage(quote.message())
                .setSignature(quote.signature())
                .setKey(ByteString.copyFrom(attestationKey().getEncoded()));
        for (int i = 0; i < values.size(); i++) {
            message.addRegisters(AttestationEvidence.Register.newBuilder()
                    .setBank("sha256")
                    .setIndex(registers.get(i))
                    .setValue(ByteString.copyFrom(values.get(i))));
        }
        return AttestationEvidence.newBuilder().setTpm(message).build();
    }

    /** A quote of all registers of the SHA-256 bank, as KBS's attesters write it. */
    public String trusteeEvidence(byte[] reportData) throws IOException {
        var all = IntStream.range(0, REGISTERS).boxed().toList();
        var quote = tpm.quote(attestation, reportData, all);
        var evidence = JSON.createObjectNode();
        var registers = evidence.putObject("tpm_quote")
                .put("message", quote.message().toByteArray())
                .put("signature", quote.signature().toByteArray())
                .putArray("pcrs");
        for (int first = 0; first < REGISTERS; first += Tpm.READ_MAX) {
            tpm.read(all.subList(first, first + Tpm.READ_MAX))
                    .forEach(value -> registers.add(HexFormat.of().formatHex(value)));
        }
        evidence.put("ak_public", attestationKey().getEncoded());
        return JSON.writeValueAsString(evidence);
    }

    /** Gives the places of its keys back: a TPM without a resource manager has three. */
    @Override
    public void close() throws IOException {
        try (tpm) {
            tpm.flush(attestation.handle());
            var made = endorsement;
            if (made != null) {
                tpm.flush(made.handle());
            }
        }
    }
}
