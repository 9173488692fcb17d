package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.Messages;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Our Seata codec against the one of seata-all 2.6.0, live, in another process. */
class OriginalCodecTest {

    private static Process echo;
    private static BufferedWriter toEcho;
    private static BufferedReader fromEcho;

    @BeforeContainer
    static void startTheOriginal() throws IOException {
        echo = SeataPeer.program("EchoBytes", List.of(), List.of())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        toEcho = echo.outputWriter(StandardCharsets.US_ASCII);
        fromEcho = echo.inputReader(StandardCharsets.US_ASCII);
    }

    @AfterContainer
    static void stopTheOriginal() {
        echo.destroyForcibly();
    }

    @Provide
    Arbitrary<List<SeataFrame>> frames() {
        return Messages.frames()
                .filter(frame -> keptWhole(frame.message()))
                .list()
                .ofSize(20);
    }

    @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
    void the_original_reads_what_we_write_and_we_read_what_it_writes(@ForAll("frames") List<SeataFrame> frames)
            throws IOException {
        for (var frame : frames) {
            toEcho.append(hex(frame)).append('\n');
        }
        toEcho.flush();

        for (var frame : frames) {
            var echoed = fromEcho.readLine();
            assertThat(echoed)
                    .as("the original's answer; it ends with a message on the error output")
                    .isNotNull();
            assertThat(SeataCodec.decode(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(echoed))))
                    .contains(frame);
            if (frame.head().size() <= 1) {
                // The original keeps a head without its order.
                assertThat(echoed).isEqualTo(hex(frame));
            }
        }
    }

    @Example
    void the_golden_bytes_are_what_the_original_writes() throws IOException {
        List<String> golden;
        try (var in = Messages.class.getResourceAsStream("golden-2.6.0.txt")) {
            golden = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }

        var process = SeataPeer.program("GoldenBytes", List.of(), List.of())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();

        assertThat(process.inputReader(StandardCharsets.US_ASCII).lines().toList())
                .isEqualTo(golden);
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

    private static String hex(SeataFrame frame) {
        var bytes = Unpooled.buffer();
        SeataCodec.encode(frame, bytes);
        return ByteBufUtil.hexDump(bytes);
    }
}
