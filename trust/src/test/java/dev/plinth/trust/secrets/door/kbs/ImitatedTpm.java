package dev.plinth.trust.secrets.door.kbs;

import dev.plinth.trust.Endorsement;
import dev.plinth.trust.Vendor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Base64;
import java.util.HexFormat;

/** Quotes as a TPM makes them, of registers that a test sets. */
public final class ImitatedTpm implements Attester {
    private final KeyPair keys;
    final byte[][] registers = new byte[24][32];

    public ImitatedTpm() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            keys = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String fingerprint() {
        return Endorsement.VouchedKey.of(Vendor.TPM, keys.getPublic(), "test").fingerprint();
    }

    @Override
    public String evidence(byte[] reportData) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var register : registers) {
                digest.update(register);
            }
            var bytes = new ByteArrayOutputStream();
            var out = new DataOutputStream(bytes);
            out.writeInt(0xff54_4347);
            out.writeShort(0x8018);
            out.writeShort(0);
            out.writeShort(reportData.length);
            out.write(reportData);
            out.writeLong(123_456);
            out.writeInt(2);
            out.writeInt(0);
            out.writeByte(1);
            out.writeLong(7);
            out.writeInt(1);
            out.writeShort(0x000b);
            out.writeByte(3);
            out.write(new byte[] {-1, -1, -1});
            out.writeShort(32);
            out.write(digest.digest());
            var message = bytes.toByteArray();
            var signer = Signature.getInstance("SHA256withRSA");
            signer.initSign(keys.getPrivate());
            signer.update(message);
            var raw = signer.sign();
            var signature = new ByteArrayOutputStream();
            var signed = new DataOutputStream(signature);
            signed.writeShort(0x0014);
            signed.writeShort(0x000b);
            signed.writeShort(raw.length);
            signed.write(raw);
            return Attester.json(
                    message,
                    signature.toByteArray(),
                    registers,
                    keys.getPublic().getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Registers in hexadecimal, bytes in base64. */
    static String hex(byte[] register) {
        return HexFormat.of().formatHex(register);
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
