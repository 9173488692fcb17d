package dev.plinth.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FrameReaderTest {

    @Test
    void garbage_is_told_once_and_whatever_follows_is_dropped() {
        var channel = new EmbeddedChannel(new FrameReader(BoltLimits.DEFAULT));
        channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1", StandardCharsets.US_ASCII));
        channel.writeInbound(Unpooled.wrappedBuffer(RawConnection.bytes(new BoltFrame.Heartbeat(BoltDialect.V1, 1))));
        assertThat(channel.<Object>readInbound()).isInstanceOf(BoltException.class);
        assertThat(channel.<Object>readInbound()).isNull();
        channel.checkException();
    }

    @Test
    void a_channel_can_be_closed_after_its_threads_have_ended() {
        var loops = EventLoops.group("test", 1);
        Channel channel = new ServerBootstrap()
                .group(loops)
                .channel(EventLoops.serverChannel())
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        EventLoops.stop(loops);
        assertThatCode(() -> EventLoops.closeAfterWrites(channel)).doesNotThrowAnyException();
    }
}
