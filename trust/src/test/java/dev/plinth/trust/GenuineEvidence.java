package dev.plinth.trust;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Genuine evidence of real hardware, which lies beside the checkout and not in it; without the folder its tests are skipped. */
final class GenuineEvidence {
    private GenuineEvidence() {}

    static byte[] file(String name) {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            var file = at.resolve("shared/evidence").resolve(name);
            if (Files.exists(file)) {
                try {
                    return Files.readAllBytes(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return abort("skipped: no evidence folder");
    }

    static String text(String name) {
        return new String(file(name), StandardCharsets.US_ASCII);
    }
}
