package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** A private key with its certificates as other programs read them (RFC 7468): the key, then its certificate, then its issuer's. */
final class Pem {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private Pem() {}

    /** @param key PKCS 8; wiped */
    static byte[] of(byte[] key, List<ByteString> certificates) {
        var chain = new StringBuilder();
        certificates.forEach(certificate -> chain.append("-----BEGIN CERTIFICATE-----\n")
                .append(LINES.encodeToString(certificate.toByteArray()))
                .append("\n-----END CERTIFICATE-----\n"));
        var after = ("\n-----END PRIVATE KEY-----\n" + chain).getBytes(StandardCharsets.US_ASCII);
        var before = "-----BEGIN PRIVATE KEY-----\n".getBytes(StandardCharsets.US_ASCII);
        // Not through a text, which nobody could wipe.
        var encoded = LINES.encode(key);
        Arrays.fill(key, (byte) 0);
        var all = new byte[before.length + encoded.length + after.length];
        System.arraycopy(before, 0, all, 0, before.length);
        System.arraycopy(encoded, 0, all, before.length, encoded.length);
        System.arraycopy(after, 0, all, before.length + encoded.length, after.length);
        Arrays.fill(encoded, (byte) 0);
        return all;
    }
}
