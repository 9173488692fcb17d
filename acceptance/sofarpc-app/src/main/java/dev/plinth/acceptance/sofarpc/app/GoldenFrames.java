package dev.plinth.acceptance.sofarpc.app;

import com.alipay.remoting.Connection;
import com.alipay.remoting.ResponseStatus;
import com.alipay.remoting.config.switches.ProtocolSwitch;
import com.alipay.remoting.rpc.HeartbeatAckCommand;
import com.alipay.remoting.rpc.HeartbeatCommand;
import com.alipay.remoting.rpc.RpcCommand;
import com.alipay.remoting.rpc.RpcCommandType;
import com.alipay.remoting.rpc.protocol.RpcCommandCode;
import com.alipay.remoting.rpc.protocol.RpcCommandEncoder;
import com.alipay.remoting.rpc.protocol.RpcCommandEncoderV2;
import com.alipay.remoting.rpc.protocol.RpcRequestCommand;
import com.alipay.remoting.rpc.protocol.RpcResponseCommand;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;

/** Prints one frame of every kind in every dialect as Bolt's own encoders write it: dialect, name, the bytes in hexadecimal. */
public final class GoldenFrames {
    private static final int ID = 0x01020304;
    private static final byte HESSIAN = 1;

    private GoldenFrames() {}

    public static void main(String[] args) throws Exception {
        for (String dialect : new String[] {"V1", "V2", "V2_CRC"}) {
            RpcRequestCommand request = request(RpcCommandType.REQUEST, ID, 3_000);
            print(dialect, "request", filled(request));
            print(dialect, "one-way", filled(request(RpcCommandType.REQUEST_ONEWAY, -2, -1)));
            RpcResponseCommand response = new RpcResponseCommand();
            response.setId(ID);
            response.setResponseStatus(ResponseStatus.SUCCESS);
            print(dialect, "response", filled(response));
            RpcResponseCommand empty = new RpcResponseCommand();
            empty.setId(7);
            empty.setSerializer(HESSIAN);
            empty.setResponseStatus(ResponseStatus.SERVER_DESERIAL_EXCEPTION);
            print(dialect, "empty-response", empty);
            HeartbeatCommand heartbeat = new HeartbeatCommand();
            heartbeat.setId(77);
            print(dialect, "heartbeat", heartbeat);
            HeartbeatAckCommand ack = new HeartbeatAckCommand();
            ack.setId(77);
            print(dialect, "heartbeat-ack", ack);
        }
        System.exit(0);
    }

    private static RpcRequestCommand request(byte type, int id, int timeoutMs) {
        RpcRequestCommand request = new RpcRequestCommand();
        request.setCmdCode(RpcCommandCode.RPC_REQUEST);
        request.setType(type);
        request.setId(id);
        request.setTimeout(timeoutMs);
        return request;
    }

    private static RpcCommand filled(RpcCommand command) {
        command.setSerializer(HESSIAN);
        command.setClazz("com.example.Body".getBytes(StandardCharsets.UTF_8));
        command.setHeader(new byte[] {0, 0, 0, 1, 'k', 0, 0, 0, 2, 'v', 'w'});
        command.setContent("a content of twenty-six bytes".getBytes(StandardCharsets.UTF_8));
        return command;
    }

    private static void print(String dialect, String name, RpcCommand command) throws Exception {
        boolean crc = dialect.equals("V2_CRC");
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        if (crc) {
            command.setProtocolSwitch(ProtocolSwitch.create(new int[] {ProtocolSwitch.CRC_SWITCH_INDEX}));
        }
        channel.attr(Connection.VERSION).set((byte) (crc ? 2 : 1));
        ByteBuf bytes = Unpooled.buffer();
        var encoder = dialect.equals("V1") ? new RpcCommandEncoder() : new RpcCommandEncoderV2();
        encoder.encode(channel.pipeline().firstContext(), command, bytes);
        System.out.println(dialect + " " + name + " " + ByteBufUtil.hexDump(bytes));
    }
}
