package dev.plinth.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FrameReaderTest {

    @Test
    void garbage_is_told_once_and_whatever_follows_is_dropped() {
        var channel = new EmbeddedChannel(new FrameReader(BoltLimits.DEFAULT, PartialFrames.UNBOUNDED));
        channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1", StandardCharsets.US_ASCII));
        channel.writeInbound(Unpooled.wrappedBuffer(RawConnection.bytes(new BoltFrame.Heartbeat(BoltDialect.V1, 1))));
        assertThat(channel.<Object>readInbound()).isInstanceOf(BoltException.class);
        assertThat(channel.<Object>readInbound()).isNull();
        channel.checkException();
    }

    @Test
    void connections_that_keep_too_much_of_unfinished_frames_are_closed() {
        var shared = new PartialFrames(150);
        var one = new EmbeddedChannel(new FrameReader(BoltLimits.DEFAULT, shared));
        var other = new EmbeddedChannel(new FrameReader(BoltLimits.DEFAULT, shared));
        byte[] unfinished = new byte[100];
        RawConnection.head(unfinished, 5_000);
        one.writeInbound(Unpooled.wrappedBuffer(unfinished));
        assertThat(one.isOpen()).isTrue();
        other.writeInbound(Unpooled.wrappedBuffer(unfinished));
        assertThat(other.isOpen()).isFalse();
        // What a closed one kept is free for others.
        var third = new EmbeddedChannel(new FrameReader(BoltLimits.DEFAULT, shared));
        third.writeInbound(Unpooled.wrappedBuffer(unfinished, 0, 40));
        assertThat(third.isOpen()).isTrue();
        assertThat(one.isOpen()).isTrue();
    }

    @Test
    void a_channel_can_be_closed_after_its_threads_have_ended() throws IOException {
        var loops = EventLoops.group("test", 1);
        var channel = EventLoops.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops, loops, connection -> {});
        EventLoops.stop(loops);
        assertThatCode(() -> EventLoops.closeAfterWrites(channel)).doesNotThrowAnyException();
    }
}
