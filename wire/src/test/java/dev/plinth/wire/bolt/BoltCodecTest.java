package dev.plinth.wire.bolt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BoltCodecTest {
    // On the heap, where nobody has to release; the first property watches over releasing.
    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false, true);
    private final BoltDecoder decoder = new BoltDecoder(BoltLimits.DEFAULT);

    @Test
    void the_originals_bytes_are_read_and_written() {
        goldenFrames().forEach((name, hex) -> {
            BoltFrame expected = golden(name);
            ByteBuf original = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
            BoltFrame decoded = decoder.decode(original).orElseThrow();
            assertThat(BoltFrames.text(decoded)).as(name).isEqualTo(BoltFrames.text(expected));
            assertThat(original.isReadable()).isFalse();
            assertThat(ByteBufUtil.hexDump(BoltEncoder.encode(expected, HEAP)))
                    .as(name)
                    .isEqualTo(hex);
        });
        assertThat(goldenFrames()).hasSize(18);
    }

    private static BoltFrame golden(String name) {
        var parts = name.split(" ", 2);
        var dialect = BoltDialect.valueOf(parts[0]);
        byte hessian = 1;
        var header = Unpooled.buffer();
        BoltHeader.encode(Map.of("k", "vw"), header);
        var content = BoltFrames.copied("a content of twenty-six bytes");
        String type = "com.example.Body";
        return switch (parts[1]) {
            case "request" -> new BoltFrame.Request(dialect, 0x01020304, false, hessian, 3000, type, header, content);
            case "one-way" -> new BoltFrame.Request(dialect, -2, true, hessian, -1, type, header, content);
            case "response" ->
                new BoltFrame.Response(dialect, 0x01020304, hessian, BoltStatus.SUCCESS, type, header, content);
            case "empty-response" ->
                new BoltFrame.Response(
                        dialect,
                        7,
                        hessian,
                        BoltStatus.SERVER_DESERIAL_EXCEPTION,
                        "",
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER);
            case "heartbeat" -> new BoltFrame.Heartbeat(dialect, 77);
            case "heartbeat-ack" -> new BoltFrame.HeartbeatAck(dialect, 77);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Map<String, String> goldenFrames() {
        try (var in = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(BoltCodecTest.class.getResourceAsStream("frames.txt")),
                StandardCharsets.UTF_8))) {
            Map<String, String> frames = new LinkedHashMap<>();
            in.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                int last = line.lastIndexOf(' ');
                frames.put(line.substring(0, last), line.substring(last + 1));
            });
            return frames;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void content_is_not_copied() {
        ByteBuf stream = BoltEncoder.encode(request("x".repeat(5000)), HEAP);
        var decoded = (BoltFrame.Request) decoder.decode(stream).orElseThrow();
        int at = stream.indexOf(0, stream.writerIndex(), (byte) 'x');
        stream.setByte(at, 'y');
        assertThat(decoded.content().getByte(0)).isEqualTo((byte) 'y');
    }

    @Test
    void a_large_content_is_not_copied_into_the_frame() {
        ByteBuf content = BoltFrames.copied("x".repeat(5000));
        ByteBuf stream = BoltEncoder.encode(
                new BoltFrame.Request(BoltDialect.V1, 1, false, (byte) 1, 0, "T", Unpooled.EMPTY_BUFFER, content),
                HEAP);
        content.setByte(4999, 'y');
        assertThat(stream.getByte(stream.writerIndex() - 1)).isEqualTo((byte) 'y');
        stream.release();
        assertThat(content.refCnt()).isZero();
    }

    private static BoltFrame request(String content) {
        return new BoltFrame.Request(
                BoltDialect.V1, 5, false, (byte) 1, 0, "T", Unpooled.EMPTY_BUFFER, BoltFrames.copied(content));
    }

    @Test
    void another_protocol_is_named_by_its_first_byte_and_ends_the_connection() {
        var error = error("GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII));
        assertThat(error.kind()).isEqualTo(BoltException.Kind.WRONG_PROTOCOL);
        assertThat(error).hasMessage("byte 0 of a frame is 0x47: expected Bolt's protocol 1 or 2");
        assertThat(error.connectionSurvives()).isFalse();
    }

    @Test
    void a_version_of_protocol_2_that_does_not_exist_ends_the_connection() {
        var error = error(new byte[] {2, 3, 1});
        assertThat(error.kind()).isEqualTo(BoltException.Kind.WRONG_VERSION);
        assertThat(error).hasMessageContaining("version 3: expected 1 or 2");
    }

    @Test
    void an_unknown_type_ends_the_connection() {
        var error = error(new byte[] {1, 9});
        assertThat(error.kind()).isEqualTo(BoltException.Kind.UNKNOWN_TYPE);
        assertThat(error).hasMessageContaining("type 9: expected 0 (response)");
    }

    @Test
    void an_unknown_command_is_skipped_and_the_next_frame_read() {
        ByteBuf bytes = BoltEncoder.encode(request("hello"), HEAP);
        bytes.setShort(2, 77);
        bytes.writeBytes(BoltEncoder.encode(new BoltFrame.Heartbeat(BoltDialect.V1, 6), HEAP));
        var error = catchThrowableOfType(BoltException.class, () -> decoder.decode(bytes));
        assertThat(error.kind()).isEqualTo(BoltException.Kind.UNKNOWN_COMMAND);
        assertThat(error).hasMessageContaining("id 5").hasMessageContaining("command code 77: expected 1 (request)");
        assertThat(error.requestId()).hasValue(5);
        assertThat(error.connectionSurvives()).isTrue();
        assertThat(decoder.decode(bytes)).contains(new BoltFrame.Heartbeat(BoltDialect.V1, 6));
    }

    @Test
    void an_unknown_status_is_skipped() {
        ByteBuf bytes = BoltEncoder.encode(
                new BoltFrame.Response(
                        BoltDialect.V1,
                        8,
                        (byte) 1,
                        BoltStatus.SUCCESS,
                        "",
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER),
                HEAP);
        bytes.setShort(10, 0x0a);
        var error = catchThrowableOfType(BoltException.class, () -> decoder.decode(bytes));
        assertThat(error.kind()).isEqualTo(BoltException.Kind.UNKNOWN_STATUS);
        assertThat(error.requestId()).hasValue(8);
        assertThat(error.connectionSurvives()).isTrue();
        assertThat(bytes.isReadable()).isFalse();
    }

    @Test
    void a_length_over_the_limit_is_refused_before_the_content_has_come() {
        ByteBuf bytes = BoltEncoder.encode(request("hello"), HEAP);
        bytes.setInt(18, 1001);
        bytes.writerIndex(22);
        var error =
                catchThrowableOfType(BoltException.class, () -> new BoltDecoder(new BoltLimits(1000)).decode(bytes));
        assertThat(error.kind()).isEqualTo(BoltException.Kind.LENGTH_OUT_OF_LIMIT);
        assertThat(error).hasMessage("the Bolt frame with id 5 announces 1001 bytes of content: expected 0 to 1000");
        assertThat(error.requestId()).hasValue(5);
        assertThat(error.connectionSurvives()).isFalse();
    }

    @Test
    void a_negative_length_is_refused() {
        ByteBuf bytes = BoltEncoder.encode(request("hello"), HEAP);
        bytes.setShort(14, -1);
        var error = catchThrowableOfType(BoltException.class, () -> decoder.decode(bytes));
        assertThat(error).hasMessageContaining("-1 bytes of class name: expected 0 to 32767");
    }

    @Test
    void a_crc_that_does_not_fit_is_named_with_the_frame() {
        ByteBuf bytes = BoltEncoder.encode(BoltFrames.with(request("hello"), BoltDialect.V2_CRC), HEAP);
        bytes.setByte(bytes.writerIndex() - 6, 'X');
        var error = catchThrowableOfType(BoltException.class, () -> decoder.decode(bytes));
        assertThat(error.kind()).isEqualTo(BoltException.Kind.CRC_MISMATCH);
        assertThat(error).hasMessageContaining("the Bolt frame with id 5").hasMessageContaining("CRC32");
        assertThat(error.connectionSurvives()).isFalse();
    }

    @Test
    void a_header_that_ends_within_a_string_is_refused_with_the_position() {
        var error = catchThrowableOfType(
                BoltException.class,
                () -> BoltHeader.decode(Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 1, 'k', 0, 0, 0, 9, 'v'})));
        assertThat(error.kind()).isEqualTo(BoltException.Kind.BAD_HEADER);
        assertThat(error).hasMessage("at byte 5 of the header: a string of 9 bytes, where 1 are left");
    }

    @Test
    void a_null_in_a_header_leaves_its_entry_out() {
        var header = BoltHeader.decode(
                Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 1, 'k', -1, -1, -1, -1, 0, 0, 0, 1, 'l', 0, 0, 0, 0}));
        assertThat(header).isEqualTo(Map.of("l", ""));
    }

    private BoltException error(byte[] bytes) {
        return catchThrowableOfType(BoltException.class, () -> decoder.decode(Unpooled.wrappedBuffer(bytes)));
    }
}
