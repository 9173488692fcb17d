package dev.plinth.trust.attester;

import java.util.HexFormat;

/** The keys that attestation and sealing use: TPMT_PUBLIC, from which a TPM makes the same key each time. */
final class TpmTemplates {
    private static final int TYPE_RSA = 0x0001;
    private static final int TYPE_KEYED_HASH = 0x0008;
    private static final int TYPE_ECC = 0x0023;
    private static final int AES = 0x0006;
    private static final int CFB = 0x0043;
    private static final int ECDSA = 0x0018;
    private static final int P256 = 0x0003;

    /** fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt. */
    private static final int ENDORSEMENT_ATTRIBUTES = 0x0003_00b2;

    /** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign. */
    private static final int ATTESTATION_ATTRIBUTES = 0x0005_0072;

    /** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt. */
    private static final int STORAGE_ATTRIBUTES = 0x0003_0472;

    /** fixedTPM, fixedParent, adminWithPolicy, noDA: its policy is the only way to it. */
    private static final int SEALED_ATTRIBUTES = 0x0000_0492;

    /** PolicySecret with the endorsement hierarchy. */
    private static final byte[] ENDORSEMENT_POLICY =
            HexFormat.of().parseHex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");

    private TpmTemplates() {}

    /** The default endorsement key, RSA 2048 (TCG EK Credential Profile 2.0, B.3.3, template L-1). */
    static byte[] endorsement() {
        return new Tpm.Out()
                .u16(TYPE_RSA)
                .u16(Tpm.SHA256)
                .u32(ENDORSEMENT_ATTRIBUTES)
                .sized(ENDORSEMENT_POLICY)
                .u16(AES)
                .u16(128)
                .u16(CFB)
                .u16(Tpm.NULL)
                .u16(2_048)
                .u32(0)
                .sized(new byte[256])
                .bytes();
    }

    /** A key on P-256 that signs what the TPM itself says, and nothing else. */
    static byte[] attestation() {
        return new Tpm.Out()
                .u16(TYPE_ECC)
                .u16(Tpm.SHA256)
                .u32(ATTESTATION_ATTRIBUTES)
                .u16(0)
                .u16(Tpm.NULL)
                .u16(ECDSA)
                .u16(Tpm.SHA256)
                .u16(P256)
                .u16(Tpm.NULL)
                .u16(0)
                .u16(0)
                .bytes();
    }

    /** A key on P-256 under which the TPM keeps other objects (TCG TPM v2.0 Provisioning Guidance, 7.5.1). */
    static byte[] storage() {
        return new Tpm.Out()
                .u16(TYPE_ECC)
                .u16(Tpm.SHA256)
                .u32(STORAGE_ATTRIBUTES)
                .u16(0)
                .u16(AES)
                .u16(128)
                .u16(CFB)
                .u16(Tpm.NULL)
                .u16(P256)
                .u16(Tpm.NULL)
                .u16(0)
                .u16(0)
                .bytes();
    }

    /** A secret that the TPM gives to whom this policy lets. */
    static byte[] sealed(byte[] policy) {
        return new Tpm.Out()
                .u16(TYPE_KEYED_HASH)
                .u16(Tpm.SHA256)
                .u32(SEALED_ATTRIBUTES)
                .sized(policy)
                .u16(Tpm.NULL)
                .u16(0)
                .bytes();
    }
}
