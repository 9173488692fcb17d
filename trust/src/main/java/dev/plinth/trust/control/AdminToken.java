package dev.plinth.trust.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;

/** What somebody has to know to say who gets which identity: 256 bits in a file that only its owner may read, as text. */
public final class AdminToken {
    /*
     * The port listens on loopback, and every process of the host can reach it. Without this, any of them could give itself an identity,
     * and an identity would prove nothing.
     */
    private static final int TOKEN_BYTES = 32;

    private final Path file;
    private final byte[] token;

    private AdminToken(Path file, byte[] token) {
        this.file = file;
        this.token = token;
    }

    /** Reads the token, or makes one if there is no file. */
    public static AdminToken open(Path file, SecureRandom random) throws IOException {
        var text = OwnerOnlyFile.readOrMake(file, () -> {
            var bytes = new byte[TOKEN_BYTES];
            random.nextBytes(bytes);
            return HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.US_ASCII);
        });
        if (!new String(text, StandardCharsets.US_ASCII).matches("[0-9a-f]{" + 2 * TOKEN_BYTES + "}")) {
            throw new IOException(file + ": expected " + 2 * TOKEN_BYTES + " hexadecimal digits in lower case");
        }
        return new AdminToken(file, text);
    }

    /** Takes as long for a wrong one as for the right one. */
    public boolean is(String given) {
        return MessageDigest.isEqual(token, given.getBytes(StandardCharsets.UTF_8));
    }

    /** Says where it is, and nothing of what it is. */
    @Override
    public String toString() {
        return "the token in " + file;
    }
}
