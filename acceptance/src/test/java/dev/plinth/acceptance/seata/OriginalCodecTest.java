package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.transactions.door.seata.Compressions;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import dev.plinth.wire.seata.Messages;
import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataConversation;
import dev.plinth.wire.seata.SeataDialect;
import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import dev.plinth.wire.seata.TransactionExceptionCode;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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

    @Property(tries = 10, edgeCases = EdgeCasesMode.NONE)
    void so_it_is_with_every_compressor_of_the_original(@ForAll("frames") List<SeataFrame> frames) throws IOException {
        for (int compressor : List.of(1, 2, 4, 5, 6, 7)) {
            readBack(new SeataDialect(1, Serializer.SEATA, compressor), frames);
        }
    }

    @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
    void so_it_is_in_protobuf(@ForAll("frames") List<SeataFrame> frames) throws IOException {
        readBack(
                new SeataDialect(1, Serializer.PROTOBUF, 0),
                frames.stream().filter(frame -> inProtobuf(frame.message())).toList());
    }

    @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
    void so_it_is_in_frames_of_version_0(@ForAll("frames") List<SeataFrame> frames) throws IOException {
        readBack(
                new SeataDialect(0, Serializer.SEATA, 0),
                frames.stream()
                        .filter(frame -> !(frame.message() instanceof SeataMessage.Heartbeat))
                        .map(frame -> new SeataFrame(frame.kind(), frame.requestId(), Map.of(), frame.message()))
                        .toList());
    }

    private static void readBack(SeataDialect dialect, List<SeataFrame> frames) throws IOException {
        for (var frame : frames) {
            var bytes = Unpooled.buffer();
            new SeataConversation(dialect, Compressions.ALL).write(frame, bytes);
            toEcho.append(ByteBufUtil.hexDump(bytes)).append('\n');
        }
        toEcho.flush();
        for (var frame : frames) {
            var echoed = fromEcho.readLine();
            assertThat(echoed).as("the original's answer in " + dialect).isNotNull();
            var conversation = new SeataConversation(Compressions.ALL);
            var read = conversation.read(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(echoed)));
            assertThat(read.map(SeataFrame::message)).contains(frame.message());
            assertThat(read.map(SeataFrame::requestId)).contains(frame.requestId());
            if (!(frame.message() instanceof SeataMessage.Heartbeat)) {
                assertThat(conversation.dialect()).isEqualTo(dialect);
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

    /** Whether the original's .proto files can say it, and its own reader understands what they say. */
    private static boolean inProtobuf(SeataMessage message) {
        return switch (message) {
            case SeataMessage.GlobalBeginResponse m -> inProtobuf(m.result());
            case SeataMessage.GlobalEndResponse m ->
                inProtobuf(m.result()) && m.globalStatus().compareTo(GlobalStatus.FINISHED) <= 0;
            case SeataMessage.GlobalReportRequest m -> m.globalStatus().compareTo(GlobalStatus.FINISHED) <= 0;
            case SeataMessage.BranchRegisterRequest m -> inProtobuf(m.branchType());
            case SeataMessage.BranchRegisterResponse m -> inProtobuf(m.result());
            case SeataMessage.BranchReportRequest m ->
                inProtobuf(m.branchType())
                        && m.status() != BranchStatus.UNKNOWN
                        && m.status().compareTo(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE) <= 0;
            case SeataMessage.BranchReportResponse m -> inProtobuf(m.result());
            case SeataMessage.GlobalLockQueryRequest m -> inProtobuf(m.branchType());
            case SeataMessage.GlobalLockQueryResponse m -> inProtobuf(m.result());
            case SeataMessage.BranchEndRequest m -> inProtobuf(m.branchType());
            case SeataMessage.BranchEndResponse m ->
                inProtobuf(m.result())
                        && m.branchStatus().compareTo(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE) <= 0;
            case SeataMessage.UndoLogDeleteRequest m -> inProtobuf(m.branchType());
            case SeataMessage.MergedRequest m -> m.messages().stream().allMatch(OriginalCodecTest::inProtobuf);
            case SeataMessage.MergedResponse m -> m.messages().stream().allMatch(OriginalCodecTest::inProtobuf);
            case SeataMessage.BatchResponse m -> m.messages().stream().allMatch(OriginalCodecTest::inProtobuf);
            default -> true;
        };
    }

    private static boolean inProtobuf(BranchType type) {
        return type.compareTo(BranchType.SAGA) <= 0;
    }

    private static boolean inProtobuf(SeataMessage.Result result) {
        return switch (result.code()) {
            case BEGIN_FAILED, FAILED_LOCK_GLOBAL_TRANSACTION, LOCK_KEY_CONFLICT_FAIL_FAST -> false;
            default -> result.code().compareTo(TransactionExceptionCode.FAILED_STORE) <= 0;
        };
    }

    private static String hex(SeataFrame frame) {
        var bytes = Unpooled.buffer();
        SeataCodec.encode(frame, bytes);
        return ByteBufUtil.hexDump(bytes);
    }
}
