package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Signatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Signature;
import java.security.SignatureException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What is to be run: a jar, a module, an archive; or an image, which is known by the digest of its manifest alone.
 *
 * @param name for people
 * @param sha256 64 hexadecimal digits in lower case
 * @param file its bytes, if they are at hand; nobody writes to it while it is examined
 */
public record Artifact(String name, String sha256, Optional<Path> file) implements Signed {
    public static final int NAME_CHARACTERS_MAX = 200;
    private static final int BUFFER_BYTES = 64 * 1024;

    public Artifact {
        checkDigest(sha256);
        if (name.isEmpty() || name.length() > NAME_CHARACTERS_MAX) {
            throw new IllegalArgumentException("name of an artifact: expected 1 to " + NAME_CHARACTERS_MAX
                    + " characters, found " + name.length());
        }
    }

    /** Its digest is computed here. */
    public static Artifact of(String name, Path file) throws IOException {
        var digest = Signatures.digester("SHA-256");
        try (var in = Files.newInputStream(file)) {
            var buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return new Artifact(name, HexFormat.of().formatHex(digest.digest()), Optional.of(file));
    }

    /** One of which only the digest is known. */
    public static Artifact named(String name, String sha256) {
        return new Artifact(name, sha256, Optional.empty());
    }

    /**
     * The form in which digests are given, here and in questions.
     *
     * @throws IllegalArgumentException if it has another
     */
    public static void checkDigest(String sha256) {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("SHA-256 of an artifact: expected 64 hexadecimal digits in lower case,"
                    + " found '" + Bytes.shorten(sha256) + "'");
        }
    }

    @Override
    public byte[] digest() {
        return HexFormat.of().parseHex(sha256);
    }

    @Override
    public boolean feed(Signature signature) throws SignatureException, IOException {
        if (file.isEmpty()) {
            return false;
        }
        try (var in = Files.newInputStream(file.get())) {
            var buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                signature.update(buffer, 0, count);
            }
        }
        return true;
    }
}
