package dev.plinth.wire.seata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.plinth.wire.seata.SeataDialect.Serializer;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitResponse;
import dev.plinth.wire.seata.SeataMessage.Result;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SeataConversationTest {
    private static final SeataDialect OLD = new SeataDialect(0, Serializer.SEATA, 0);
    private static final SeataDialect PROTOBUF = new SeataDialect(1, Serializer.PROTOBUF, 0);
    private static final SeataDialect PROTOBUF_OF_1 = new SeataDialect(1, Serializer.PROTOBUF_1, 0);
    private static final SeataFrame BEGIN = SeataFrame.request(7, new GlobalBeginRequest(1_000, "transfer"));

    @Provide
    Arbitrary<SeataFrame> frames() {
        return Messages.frames();
    }

    // ---- properties

    @Property(tries = 300)
    void what_is_written_in_protobuf_is_read_as_far_as_its_files_can_say_it(@ForAll("frames") SeataFrame frame) {
        for (SeataDialect dialect : List.of(PROTOBUF, PROTOBUF_OF_1)) {
            var reader = new SeataConversation(List.of());

            var read = reader.read(written(dialect, frame)).orElseThrow();

            assertThat(read.message().getClass()).isEqualTo(frame.message().getClass());
            if (!frame.kind().heartbeat()) {
                assertThat(reader.dialect()).isEqualTo(dialect);
            }
            assertThat(new SeataConversation(List.of()).read(written(dialect, read)))
                    .as("once read, it stays as it is")
                    .contains(read);
        }
    }

    @Property(tries = 300)
    void a_frame_of_version_0_is_whole_only_with_its_last_byte(@ForAll("frames") SeataFrame frame) {
        var first = new SeataFrame(frame.kind(), frame.requestId(), java.util.Map.of(), frame.message());
        var bytes = written(OLD, first);
        int length = bytes.readableBytes();
        bytes.writeBytes(written(OLD, BEGIN));
        var reader = new SeataConversation(List.of());

        for (int there : List.of(3, 13, 14, length / 2, length - 1)) {
            if (there < length) {
                var part = bytes.slice(0, there);
                assertThat(reader.read(part)).isEmpty();
                assertThat(part.readerIndex()).isZero();
            }
        }
        assertThat(reader.read(bytes)).contains(first);
        assertThat(reader.read(bytes)).contains(BEGIN);
        assertThat(bytes.isReadable()).isFalse();
    }

    @Property(tries = 300)
    void no_bytes_do_more_than_raise_a_format_error(
            @ForAll byte[] garbage, @ForAll("frames") SeataFrame frame, @ForAll int where) {
        for (SeataDialect dialect : List.of(OLD, PROTOBUF)) {
            var bytes = written(dialect, frame);
            for (int i = 0; i < garbage.length; i++) {
                bytes.setByte(Math.floorMod(where + i * 31, bytes.writerIndex()), garbage[i]);
            }
            try {
                new SeataConversation(List.of()).read(bytes);
            } catch (SeataFormatException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    // ---- examples

    @Example
    void it_answers_in_the_words_that_it_heard() {
        var conversation = new SeataConversation(List.of());
        var answer = SeataFrame.response(7, new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED));
        for (SeataDialect dialect : List.of(PROTOBUF, OLD, PROTOBUF_OF_1, SeataDialect.DEFAULT)) {
            conversation.read(written(dialect, BEGIN));
            var bytes = Unpooled.buffer();
            conversation.write(answer, bytes);
            assertThat(bytes).isEqualTo(written(dialect, answer));
        }
    }

    @Example
    void a_heartbeat_does_not_change_how_it_speaks() {
        var conversation = new SeataConversation(List.of());
        conversation.read(written(PROTOBUF, BEGIN));

        conversation.read(written(SeataDialect.DEFAULT, SeataFrame.ping(8)));

        assertThat(conversation.dialect()).isEqualTo(PROTOBUF);
    }

    @Example
    void a_serializer_that_is_not_spoken_is_named_and_costs_its_frame_only() {
        for (var named :
                List.of(List.of(4, "kryo"), List.of(22, "hessian"), List.of(87, "fory"), List.of(33, "unknown"))) {
            var bytes = written(SeataDialect.DEFAULT, BEGIN).setByte(10, (int) named.get(0));
            bytes.writeBytes(written(SeataDialect.DEFAULT, BEGIN));
            var conversation = new SeataConversation(List.of());

            var fault = catchThrowableOfType(SeataFormatException.class, () -> conversation.read(bytes));

            assertThat(fault)
                    .hasMessageContaining(named.get(0) + " (" + named.get(1) + ")")
                    .hasMessageContaining("transport.serialization");
            assertThat(fault.survivable()).isTrue();
            assertThat(conversation.read(bytes)).contains(BEGIN);
        }
    }

    @Example
    void a_compression_that_is_not_there_is_named() {
        var bytes = written(SeataDialect.DEFAULT, BEGIN).setByte(11, 7);

        var fault =
                catchThrowableOfType(SeataFormatException.class, () -> new SeataConversation(List.of()).read(bytes));

        assertThat(fault).hasMessageContaining("7 (zstd)").hasMessageContaining("0 (none)");
    }

    @Example
    void an_old_frame_in_hessian_is_refused_in_so_many_words() {
        var bytes = written(OLD, BEGIN).setShort(2, 0x80);

        var fault =
                catchThrowableOfType(SeataFormatException.class, () -> new SeataConversation(List.of()).read(bytes));

        assertThat(fault).hasMessageContaining("hessian").hasMessageContaining("version 0");
        assertThat(fault.survivable()).isFalse();
    }

    @Example
    void what_the_protobuf_files_lack_is_written_as_the_nearest_that_they_have() {
        var read = new ArrayList<SeataMessage>();
        for (GlobalStatus status : GlobalStatus.values()) {
            var answer = SeataFrame.response(7, new GlobalCommitResponse(Result.ok(), status));
            read.add(new SeataConversation(List.of())
                    .read(written(PROTOBUF, answer))
                    .orElseThrow()
                    .message());
        }

        assertThat(read)
                .allSatisfy(message -> assertThat(((GlobalCommitResponse) message).globalStatus())
                        .isLessThanOrEqualTo(GlobalStatus.FINISHED));
        var failFast = SeataFrame.response(
                7,
                new SeataMessage.BranchRegisterResponse(
                        Result.failed(TransactionExceptionCode.LOCK_KEY_CONFLICT_FAIL_FAST, "held"), 0));
        assertThat(new SeataConversation(List.of())
                        .read(written(PROTOBUF, failFast))
                        .orElseThrow()
                        .message())
                .isEqualTo(new SeataMessage.BranchRegisterResponse(
                        Result.failed(TransactionExceptionCode.LOCK_KEY_CONFLICT, "held"), 0));
    }

    private static ByteBuf written(SeataDialect dialect, SeataFrame frame) {
        var bytes = Unpooled.buffer();
        new SeataConversation(dialect, List.of()).write(frame, bytes);
        return bytes;
    }
}
