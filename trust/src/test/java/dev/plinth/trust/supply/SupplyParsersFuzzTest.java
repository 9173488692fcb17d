package dev.plinth.trust.supply;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Any bytes at all: an examination never throws, and a parser throws Malformed or nothing. In a build these run over their saved inputs and
 * over some thousand changes of them; with {@code JAZZER_FUZZ=1} they search for new ones.
 */
class SupplyParsersFuzzTest {
    private static final AdmissionRules RULES = new SigstoreWorld().rules();
    private static final int CHANGES = 500;

    private static Bytes bytes(byte[] data) {
        return Bytes.of("input", data.clone());
    }

    private static void parse(Runnable parser) {
        try {
            parser.run();
        } catch (Malformed e) {
            if (e.getMessage() == null) {
                throw new AssertionError("a Malformed that says nothing", e);
            }
        }
    }

    @FuzzTest
    void bundle(byte[] data) {
        try {
            var everywhere = Optional.of(bytes(data));
            var examination = Examination.of(
                    RULES,
                    new Submission(
                            Artifact.named("app", "0".repeat(64)),
                            everywhere,
                            everywhere,
                            everywhere,
                            everywhere,
                            everywhere),
                    SigstoreWorld.AT);
            if (examination.holds()) {
                throw new AssertionError("believed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FuzzTest
    void root(byte[] data) {
        parse(() -> TrustedRoot.parse(new String(data, StandardCharsets.UTF_8)));
    }

    @FuzzTest
    void checkpoint(byte[] data) {
        parse(() -> Checkpoint.parse(bytes(data)));
    }

    @FuzzTest
    void timestamp(byte[] data) {
        parse(() -> Timestamp.parse(bytes(data)));
    }

    @FuzzTest
    void certificate(byte[] data) {
        parse(() -> {
            var signer = SignerCertificate.read(bytes(data));
            SctCheck.check(new Findings(), RULES.root().orElseThrow(), signer, signer.certificate());
        });
    }

    @FuzzTest
    void components(byte[] data) {
        var rules = new SbomRules(
                Set.of(SbomRules.Field.values()), true, true, List.of("GPL-3.0-only"), List.of("pkg:maven/a/b@1"));
        parse(() -> SbomCheck.check(
                new Findings(),
                rules,
                new SbomCheck.Given(Json.parse(bytes(data)), Optional.empty()),
                Artifact.named("app", "0".repeat(64)),
                Optional.empty()));
    }

    @FuzzTest
    void archive(byte[] data) {
        parse(() -> {
            try {
                var file = Files.createTempFile("archive", "");
                try {
                    Contents.of(Files.write(file, data));
                } finally {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private Consumer<byte[]> parser(String name) {
        return switch (name) {
            case "bundle" -> this::bundle;
            case "root" -> this::root;
            case "checkpoint" -> this::checkpoint;
            case "timestamp" -> this::timestamp;
            case "certificate" -> this::certificate;
            case "components" -> this::components;
            case "archive" -> this::archive;
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundle", "root", "checkpoint", "timestamp", "certificate", "components", "archive"})
    void changed_inputs_are_refused_or_read_and_never_anything_else(String name)
            throws IOException, URISyntaxException {
        var folder = Path.of(SupplyParsersFuzzTest.class
                .getResource("SupplyParsersFuzzTestInputs/" + name)
                .toURI());
        try (var inputs = Files.list(folder)) {
            for (var input : inputs.sorted().toList()) {
                var whole = Files.readAllBytes(input);
                var random = new Random(42);
                for (int i = 0; i < CHANGES; i++) {
                    parser(name).accept(changed(whole, random));
                }
            }
        }
    }

    /** One byte is another one, some are gone, or stand there twice. */
    private static byte[] changed(byte[] whole, Random random) {
        int at = random.nextInt(whole.length);
        int end = Math.min(whole.length, at + 1 + random.nextInt(16));
        return switch (random.nextInt(4)) {
            case 0 -> {
                var bytes = whole.clone();
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 1 -> Arrays.copyOf(whole, at);
            case 2 -> joined(Arrays.copyOf(whole, at), Arrays.copyOfRange(whole, end, whole.length));
            default -> joined(Arrays.copyOf(whole, end), Arrays.copyOfRange(whole, at, whole.length));
        };
    }

    private static byte[] joined(byte[] first, byte[] second) {
        var all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
