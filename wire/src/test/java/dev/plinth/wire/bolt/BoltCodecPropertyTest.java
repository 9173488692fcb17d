package dev.plinth.wire.bolt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds for all frames and all bytes. */
class BoltCodecPropertyTest {
    private final BoltDecoder decoder = new BoltDecoder(BoltLimits.DEFAULT);

    @Provide
    Arbitrary<BoltFrame> frames() {
        return BoltFrames.any();
    }

    @Provide
    Arbitrary<Map<String, String>> headers() {
        var texts = Arbitraries.strings().ofMaxLength(40);
        return Arbitraries.maps(texts, texts).ofMaxSize(20);
    }

    @Property(tries = 300)
    void what_was_encoded_is_decoded_in_whatever_pieces_it_comes(
            @ForAll("frames") BoltFrame frame, @ForAll @IntRange(min = 1, max = 500) int pieceBytes) {
        String expected = BoltFrames.text(frame);
        ByteBuf bytes = BoltEncoder.encode(frame, PooledByteBufAllocator.DEFAULT);
        ByteBuf stream = PooledByteBufAllocator.DEFAULT.buffer();
        List<String> decoded = new ArrayList<>();
        while (bytes.isReadable()) {
            assertThat(decoded).isEmpty();
            stream.writeBytes(bytes, Math.min(pieceBytes, bytes.readableBytes()));
            decoder.decode(stream).ifPresent(it -> {
                decoded.add(BoltFrames.text(it));
                it.release();
            });
        }
        assertThat(decoded).containsExactly(expected);
        assertThat(stream.isReadable()).isFalse();
        assertThat(bytes.release()).isTrue();
        assertThat(stream.release()).isTrue();
    }

    @Property(tries = 1000)
    void any_bytes_are_a_frame_or_one_clear_error_and_never_anything_else(@ForAll byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        try {
            decoder.decode(in).ifPresent(BoltFrame::release);
        } catch (BoltException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Property(tries = 300)
    void a_frame_with_a_changed_byte_under_a_crc_is_refused_or_waited_for(
            @ForAll("frames") BoltFrame frame,
            @ForAll @IntRange(min = 0) int where,
            @ForAll @IntRange(min = 1, max = 255) int flip) {
        ByteBuf bytes = BoltEncoder.encode(BoltFrames.with(frame, BoltDialect.V2_CRC), PooledByteBufAllocator.DEFAULT);
        int at = where % bytes.readableBytes();
        bytes.setByte(at, bytes.getByte(at) ^ flip);
        boolean switchesOff = at == 1 || at == 11;
        try {
            decoder.decode(bytes).ifPresent(it -> {
                it.release();
                assertThat(switchesOff)
                        .as("byte %d was changed and not noticed", at)
                        .isTrue();
            });
        } catch (BoltException e) {
            assertThat(e.getMessage()).isNotBlank();
        } finally {
            bytes.release();
        }
    }

    @Property(tries = 200)
    void a_header_comes_back_in_its_order(@ForAll("headers") Map<String, String> header) {
        ByteBuf bytes = Unpooled.buffer();
        BoltHeader.encode(header, bytes);
        assertThat(new ArrayList<>(BoltHeader.decode(bytes).entrySet())).isEqualTo(new ArrayList<>(header.entrySet()));
    }
}
