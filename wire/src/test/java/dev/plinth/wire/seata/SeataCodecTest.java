package dev.plinth.wire.seata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.plinth.wire.seata.SeataFormatException.Code;
import dev.plinth.wire.seata.SeataMessage.GlobalBeginRequest;
import dev.plinth.wire.seata.SeataMessage.GlobalCommitResponse;
import dev.plinth.wire.seata.SeataMessage.MergedRequest;
import dev.plinth.wire.seata.SeataMessage.Result;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SeataCodecTest {

    @Provide
    Arbitrary<SeataFrame> frames() {
        return Messages.frames();
    }

    @Property(tries = 2_000)
    void a_frame_comes_back_as_it_was(@ForAll("frames") SeataFrame frame) {
        var bytes = bytes(frame);

        assertThat(SeataCodec.decode(bytes)).contains(frame);
        assertThat(bytes.isReadable()).isFalse();
    }

    @Property(tries = 200)
    void frames_in_a_row_come_back_one_by_one_however_the_bytes_arrive(
            @ForAll("frames") SeataFrame first, @ForAll("frames") SeataFrame second, @ForAll int seed) {
        var sent = bytes(first).writeBytes(bytes(second));
        var arrived = Unpooled.buffer();
        var frames = new ArrayList<SeataFrame>();

        var chunks = new java.util.Random(seed);
        while (sent.isReadable()) {
            arrived.writeBytes(sent, Math.min(sent.readableBytes(), 1 + chunks.nextInt(300)));
            for (var frame = SeataCodec.decode(arrived); frame.isPresent(); frame = SeataCodec.decode(arrived)) {
                frames.add(frame.get());
            }
        }

        assertThat(frames).containsExactly(first, second);
    }

    @Property(tries = 2_000)
    void a_flipped_byte_gives_another_frame_or_a_clear_error_and_nothing_else(
            @ForAll("frames") SeataFrame frame, @ForAll int where, @ForAll byte what) {
        var bytes = bytes(frame);
        bytes.setByte(Math.floorMod(where, bytes.readableBytes()), what);
        int length = bytes.readableBytes();

        try {
            var decoded = SeataCodec.decode(bytes);
            assertThat(bytes.readableBytes()).isEqualTo(decoded.isEmpty() ? length : length - fullLength(bytes));
        } catch (SeataFormatException e) {
            assertThat(e.code()).isNotNull();
            assertThat(bytes.readerIndex()).isEqualTo(e.survivable() ? fullLength(bytes) : 0);
        }
    }

    @Test
    void another_protocol_is_refused_at_its_second_byte_and_the_connection_with_it() {
        var error = refusal(Unpooled.wrappedBuffer(new byte[] {'G', 'E'}));

        assertThat(error.code()).isEqualTo(Code.MAGIC);
        assertThat(error.survivable()).isFalse();
        assertThat(error).hasMessageContaining("4745").hasMessageContaining("dada");
    }

    @Test
    void another_version_of_the_frame_is_refused_and_the_connection_with_it() {
        var error = refusal(Unpooled.wrappedBuffer(new byte[] {(byte) 0xda, (byte) 0xda, 0}));

        assertThat(error.code()).isEqualTo(Code.VERSION);
        assertThat(error.survivable()).isFalse();
    }

    @Test
    void a_length_over_the_limit_is_refused_before_its_bytes_are_awaited() {
        var bytes = bytes(SeataFrame.ping(1)).setInt(3, SeataCodec.FRAME_BYTES_MAX + 1);

        var error = refusal(bytes);

        assertThat(error.code()).isEqualTo(Code.LENGTH);
        assertThat(error.survivable()).isFalse();
        assertThat(error).hasMessageContaining("8388609").hasMessageContaining("8388608");
    }

    @Test
    void a_head_longer_than_its_frame_is_refused() {
        assertThat(refusal(bytes(SeataFrame.ping(1)).setShort(7, 17)).code()).isEqualTo(Code.LENGTH);
    }

    @Test
    void an_unknown_kind_serializer_compressor_or_type_costs_its_frame_and_not_the_connection() {
        var begin = SeataFrame.request(77, new GlobalBeginRequest(60_000, "transfer"));
        assertRefusedAndSurvived(bytes(begin).setByte(9, 5), Code.KIND, "5");
        assertRefusedAndSurvived(bytes(begin).setByte(10, 22), Code.SERIALIZER, "22");
        assertRefusedAndSurvived(bytes(begin).setByte(11, 1), Code.COMPRESSOR, "1");
        assertRefusedAndSurvived(bytes(begin).setShort(16, 999), Code.TYPE, "999");
    }

    @Test
    void a_field_that_runs_over_the_end_is_named_and_costs_its_frame_only() {
        var begin = SeataFrame.request(77, new GlobalBeginRequest(60_000, "transfer"));
        // The text's length stands behind the head, the type code and the time-out.
        assertRefusedAndSurvived(bytes(begin).setShort(22, 9), Code.FIELD, "transactionName");
    }

    @Test
    void a_status_out_of_its_range_is_named() {
        var answer = SeataFrame.response(77, new GlobalCommitResponse(Result.ok(), GlobalStatus.COMMITTED));
        var bytes = bytes(answer);
        assertRefusedAndSurvived(bytes.setByte(bytes.writerIndex() - 1, 21), Code.FIELD, "globalStatus");
    }

    @Test
    void a_merged_message_inside_another_is_refused() {
        var merged = new MergedRequest(List.of(new GlobalBeginRequest(1, "")), List.of(1));
        // The inner message's type code stands behind the head, the type code, the length and the count.
        assertRefusedAndSurvived(bytes(SeataFrame.oneWay(77, merged)).setShort(24, 59), Code.TYPE, "59");
        assertThatThrownBy(() -> new MergedRequest(List.of(merged), List.of(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_ids_of_a_merged_message_may_be_missing_as_very_old_clients_sent_none() {
        var merged = new MergedRequest(List.of(new GlobalBeginRequest(1, "")), List.of());

        assertThat(SeataCodec.decode(bytes(SeataFrame.oneWay(1, merged)))).contains(SeataFrame.oneWay(1, merged));
    }

    @Test
    void what_follows_the_known_fields_is_skipped_as_newer_clients_may_add_some() {
        var begin = SeataFrame.request(77, new GlobalBeginRequest(60_000, "transfer"));
        var bytes = bytes(begin).writeLong(42);
        bytes.setInt(3, bytes.readableBytes());

        assertThat(SeataCodec.decode(bytes)).contains(begin);
        assertThat(bytes.isReadable()).isFalse();
    }

    @Test
    void a_text_over_its_limit_is_refused_and_writes_nothing() {
        var out = Unpooled.buffer().writeByte(1);
        var name = "x".repeat(SeataCodec.TEXT_BYTES_MAX + 1);

        var error = catchThrowableOfType(
                SeataFormatException.class,
                () -> SeataCodec.encode(SeataFrame.request(1, new GlobalBeginRequest(1, name)), out));

        assertThat(error).hasMessageContaining("transactionName").hasMessageContaining("32767");
        assertThat(out.readableBytes()).isEqualTo(1);
    }

    @Test
    void a_reason_over_its_limit_is_cut_between_two_characters() {
        var reason = "漢".repeat(20_000);
        var failed = Result.failed(TransactionExceptionCode.UNKNOWN, reason);

        var decoded =
                SeataCodec.decode(bytes(SeataFrame.response(1, new GlobalCommitResponse(failed, GlobalStatus.BEGIN))));

        var result = ((GlobalCommitResponse) decoded.orElseThrow().message()).result();
        assertThat(result.message()).isEqualTo("漢".repeat(SeataCodec.TEXT_BYTES_MAX / 3));
    }

    private static void assertRefusedAndSurvived(ByteBuf bytes, Code code, String what) {
        var next = SeataFrame.ping(78);
        bytes.writeBytes(bytes(next));

        var error = refusal(bytes);

        assertThat(error.code()).isEqualTo(code);
        assertThat(error.survivable()).isTrue();
        assertThat(error.requestId()).hasValue(77);
        assertThat(error).hasMessageContaining("request 77").hasMessageContaining(what);
        assertThat(SeataCodec.decode(bytes)).isEqualTo(Optional.of(next));
    }

    private static SeataFormatException refusal(ByteBuf bytes) {
        return catchThrowableOfType(SeataFormatException.class, () -> SeataCodec.decode(bytes));
    }

    private static int fullLength(ByteBuf bytes) {
        return bytes.getInt(3);
    }

    private static ByteBuf bytes(SeataFrame frame) {
        var out = Unpooled.buffer();
        SeataCodec.encode(frame, out);
        return out;
    }
}
