package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.Messages;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

/** Our Seata codec against the one of seata-all 2.6.0, live, in another process. */
class OriginalCodecTest {

    @Provide
    Arbitrary<List<SeataFrame>> frames() {
        var frames = Messages.frames().filter(frame -> keptWhole(frame.message()));
        return Arbitraries.lazy(() -> frames).list().ofSize(2_000);
    }

    @Property(tries = 1, shrinking = ShrinkingMode.OFF)
    void the_original_reads_what_we_write_and_we_read_what_it_writes(@ForAll("frames") List<SeataFrame> frames)
            throws Exception {
        var echoed =
                run("EchoBytes", frames.stream().map(OriginalCodecTest::hex).toList());

        assertThat(echoed).hasSameSizeAs(frames);
        for (int i = 0; i < frames.size(); i++) {
            var frame = frames.get(i);
            assertThat(SeataCodec.decode(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(echoed.get(i)))))
                    .contains(frame);
            if (frame.head().size() <= 1) {
                // The original keeps a head without its order.
                assertThat(echoed.get(i)).isEqualTo(hex(frame));
            }
        }
    }

    @Test
    void the_golden_bytes_are_what_the_original_writes() throws Exception {
        List<String> golden;
        try (var in = Messages.class.getResourceAsStream("golden-2.6.0.txt")) {
            golden = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }

        assertThat(run("GoldenBytes", List.of())).isEqualTo(golden);
    }

    /**
     * The original stops reading where these texts are empty, or puts another in their place; in use they never are. What it reads
     * it does not write again then.
     */
    private static boolean keptWhole(SeataMessage message) {
        return switch (message) {
            case SeataMessage.BranchEndRequest end ->
                !end.xid().isEmpty() && !end.resourceId().isEmpty();
            case SeataMessage.UndoLogDeleteRequest delete ->
                !delete.resourceId().isEmpty();
            case SeataMessage.RegisterRMRequest register -> !register.version().isEmpty();
            case SeataMessage.RegisterTMResponse answer -> !answer.version().isEmpty();
            case SeataMessage.RegisterRMResponse answer -> !answer.version().isEmpty();
            case SeataMessage.MergedRequest merged -> merged.messages().stream().allMatch(OriginalCodecTest::keptWhole);
            case SeataMessage.MergedResponse merged ->
                merged.messages().stream().allMatch(OriginalCodecTest::keptWhole);
            case SeataMessage.BatchResponse batch -> batch.messages().stream().allMatch(OriginalCodecTest::keptWhole);
            default -> true;
        };
    }

    private static List<String> run(String program, List<String> input) throws IOException, InterruptedException {
        Path in = Files.createTempFile("seata-codec-", ".in");
        Path out = Files.createTempFile("seata-codec-", ".out");
        Path log = Files.createTempFile("seata-codec-", ".log");
        try {
            Files.write(in, input);
            var process = SeataPeer.program(program, List.of(), List.of())
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(log.toFile())
                    .start();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            process.destroyForcibly();
            assertThat(ended && process.exitValue() == 0)
                    .as(() -> "the original codec failed:\n" + read(log))
                    .isTrue();
            return Files.readAllLines(out);
        } finally {
            Files.delete(in);
            Files.delete(out);
            Files.delete(log);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return file + " cannot be read: " + e;
        }
    }

    private static String hex(SeataFrame frame) {
        var bytes = Unpooled.buffer();
        SeataCodec.encode(frame, bytes);
        return ByteBufUtil.hexDump(bytes);
    }
}
