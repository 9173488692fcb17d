package dev.plinth.acceptance.sofarpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.bolt.BoltDecoder;
import dev.plinth.wire.bolt.BoltEncoder;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltFrames;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
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

/** Our Bolt codec against the one of bolt 1.6.12, live, in another process. */
class OriginalBoltFramesTest {
    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false, true);

    private static Process echo;
    private static BufferedWriter toEcho;
    private static BufferedReader fromEcho;

    @BeforeContainer
    static void startTheOriginal() throws IOException {
        echo = SofaPeer.start("EchoFrames");
        toEcho = echo.outputWriter(StandardCharsets.US_ASCII);
        fromEcho = echo.inputReader(StandardCharsets.US_ASCII);
    }

    @AfterContainer
    static void stopTheOriginal() {
        echo.destroyForcibly();
    }

    @Provide
    Arbitrary<List<BoltFrame>> frames() {
        return BoltFrames.any().list().ofSize(20);
    }

    @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
    void the_original_reads_what_we_write_and_we_read_what_it_writes(@ForAll("frames") List<BoltFrame> frames)
            throws IOException {
        for (BoltFrame frame : frames) {
            String text = BoltFrames.text(frame);
            String written = ByteBufUtil.hexDump(BoltEncoder.encode(frame, HEAP));
            toEcho.append(written).append('\n').flush();
            String echoed = fromEcho.readLine();
            assertThat(echoed)
                    .as("the original's answer to " + written + "; it ends with a message on the error output")
                    .isNotNull();
            BoltFrame read = new BoltDecoder(BoltLimits.DEFAULT)
                    .decode(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(echoed)))
                    .orElseThrow();
            assertThat(BoltFrames.text(read)).isEqualTo(text);
            assertThat(echoed).isEqualTo(written);
        }
    }

    @Example
    void the_golden_bytes_are_what_the_original_writes() throws IOException {
        List<String> golden;
        try (var in = BoltFrames.class.getResourceAsStream("frames.txt")) {
            golden = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
        assertThat(SofaPeer.start("GoldenFrames")
                        .inputReader(StandardCharsets.US_ASCII)
                        .lines()
                        .toList())
                .isEqualTo(golden);
    }
}
