package dev.plinth.acceptance.sofarpc.app;

import com.alipay.remoting.CommandDecoder;
import com.alipay.remoting.Connection;
import com.alipay.remoting.rpc.RpcCommand;
import com.alipay.remoting.rpc.protocol.RpcCommandDecoder;
import com.alipay.remoting.rpc.protocol.RpcCommandDecoderV2;
import com.alipay.remoting.rpc.protocol.RpcCommandEncoder;
import com.alipay.remoting.rpc.protocol.RpcCommandEncoderV2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads one frame a line, in hexadecimal, with Bolt's own decoder, and prints it as Bolt's own encoder writes it. */
public final class EchoFrames {
    private EchoFrames() {}

    public static void main(String[] args) throws Exception {
        Channel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter()) {
            @Override
            protected SocketAddress remoteAddress0() {
                // The original casts what an embedded channel has.
                return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
            }
        };
        var context = channel.pipeline().firstContext();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(line));
            boolean one = frame.getByte(0) == 1;
            channel.attr(Connection.VERSION).set(one ? (byte) 1 : frame.getByte(1));
            List<Object> decoded = new ArrayList<>();
            CommandDecoder decoder = one ? new RpcCommandDecoder() : new RpcCommandDecoderV2();
            decoder.decode(context, frame, decoded);
            RpcCommand command = (RpcCommand) decoded.get(0);
            ByteBuf bytes = Unpooled.buffer();
            var encoder = one ? new RpcCommandEncoder() : new RpcCommandEncoderV2();
            encoder.encode(context, command, bytes);
            System.out.println(ByteBufUtil.hexDump(bytes));
            System.out.flush();
        }
        System.exit(0);
    }
}
