package dev.plinth.trust.attester;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/** Has a TPM keep a small secret for as long as this machine measures what it measures now (TCG TPM 2.0 Library, parts 1, 19.7 and 3). */
public final class TpmSealer {
    /*
     * The secret is the sensitive part of an object under the storage key of the owner's hierarchy, which is made anew from its template
     * each time and is the same each time. The object has no password, only a policy: these registers have these values (PolicyPCR). So the
     * TPM gives it to nobody, root included, who runs what another measurement says; and to everybody on this machine otherwise.
     *
     * What passes between the processor and the TPM is not encrypted: whoever has probes on the bus reads the secret when it is unsealed.
     */
    static final int SECRET_BYTES_MAX = 128;
    private static final int REGISTERS = 24;
    private static final HexFormat HEX = HexFormat.of();

    private TpmSealer() {}

    /** A register of the SHA-256 bank, as it was when the secret was sealed. */
    public record Register(int index, ByteString value) {}

    /**
     * A secret that only one TPM opens.
     *
     * @param publicArea TPMT_PUBLIC
     * @param privateArea what the TPM encrypted for itself
     */
    public record Sealed(List<Register> registers, ByteString publicArea, ByteString privateArea) {
        public Sealed {
            registers = List.copyOf(registers);
        }
    }

    /** The machine measures something else than when the secret was sealed. */
    public static final class OtherMeasurements extends IOException {
        OtherMeasurements(String message) {
            super(message);
        }
    }

    /**
     * Seals to what the registers have now.
     *
     * @param registers 1 to 8 of the SHA-256 bank
     * @throws IllegalArgumentException if it is not so many, or one is not from 0 to 23
     */
    public static Sealed seal(Tpm tpm, byte[] secret, List<Integer> registers) throws IOException {
        checkRegisters(registers);
        if (secret.length == 0 || secret.length > SECRET_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "secret: expected 1 to " + SECRET_BYTES_MAX + " bytes, found " + secret.length);
        }
        var now = read(tpm, registers);
        var storage = tpm.createPrimary(Tpm.OWNER, TpmTemplates.storage());
        try {
            var made = tpm.create(storage, secret, TpmTemplates.sealed(policy(now)));
            return new Sealed(now, made.publicArea(), made.privateArea());
        } finally {
            tpm.flush(storage.handle());
        }
    }

    /**
     * Demands registers that something can be sealed to.
     *
     * @throws IllegalArgumentException if these are not 1 to 8 different ones from 0 to 23
     */
    public static void checkRegisters(List<Integer> registers) {
        if (registers.isEmpty()
                || registers.size() > Tpm.READ_MAX
                || registers.stream().distinct().count() != registers.size()
                || registers.stream().anyMatch(register -> register < 0 || register >= REGISTERS)) {
            throw new IllegalArgumentException("registers: expected 1 to " + Tpm.READ_MAX + " different ones from 0 to "
                    + (REGISTERS - 1) + ", found " + registers);
        }
    }

    /**
     * What was sealed; whoever has it wipes it.
     *
     * @throws OtherMeasurements if a register has another value; it says which
     * @throws IOException if it is another TPM, or none answers
     */
    public static byte[] unseal(Tpm tpm, Sealed sealed) throws IOException {
        var storage = tpm.createPrimary(Tpm.OWNER, TpmTemplates.storage());
        try {
            int item = load(tpm, storage, sealed);
            try {
                return tpm.unseal(
                        item, sealed.registers().stream().map(Register::index).toList());
            } catch (Tpm.TpmException e) {
                demandSame(tpm, sealed);
                throw e;
            } finally {
                tpm.flush(item);
            }
        } finally {
            tpm.flush(storage.handle());
        }
    }

    private static int load(Tpm tpm, Tpm.Key storage, Sealed sealed) throws IOException {
        try {
            return tpm.load(storage, sealed.privateArea(), sealed.publicArea());
        } catch (Tpm.TpmException e) {
            throw new IOException(
                    "sealed by another TPM, before this one was cleared, or changed since: " + e.getMessage(), e);
        }
    }

    private static void demandSame(Tpm tpm, Sealed sealed) throws IOException {
        var now = read(tpm, sealed.registers().stream().map(Register::index).toList());
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            var before = sealed.registers().get(i);
            if (!before.equals(now.get(i))) {
                differences.add(
                        "register " + before.index() + ": expected " + hex(before) + ", found " + hex(now.get(i)));
            }
        }
        if (!differences.isEmpty()) {
            throw new OtherMeasurements(
                    "the machine measures something else than when it was sealed: " + String.join("; ", differences));
        }
    }

    private static String hex(Register register) {
        return HEX.formatHex(register.value().toByteArray());
    }

    private static List<Register> read(Tpm tpm, List<Integer> registers) throws IOException {
        var values = tpm.read(registers);
        List<Register> all = new ArrayList<>();
        for (int i = 0; i < registers.size(); i++) {
            all.add(new Register(registers.get(i), ByteString.copyFrom(values.get(i))));
        }
        // The order in which a selection names them: that of the policy's digest.
        all.sort(Comparator.comparingInt(Register::index));
        return all;
    }

    /** The digest of a policy that is PolicyPCR alone (part 3, 23.7.1). */
    static byte[] policy(List<Register> registers) {
        try {
            var values = MessageDigest.getInstance("SHA-256");
            registers.forEach(register -> values.update(register.value().toByteArray()));
            var policy = MessageDigest.getInstance("SHA-256");
            policy.update(new byte[32]);
            policy.update(new Tpm.Out()
                    .u32(Tpm.CC_POLICY_PCR)
                    .put(Tpm.selection(registers.stream().map(Register::index).toList())
                            .bytes())
                    .put(values.digest())
                    .bytes());
            return policy.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}
