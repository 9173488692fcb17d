package dev.plinth.acceptance.seata.app;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.seata.core.rpc.netty.v0.ProtocolDecoderV0;
import org.apache.seata.core.rpc.netty.v0.ProtocolEncoderV0;
import org.apache.seata.core.rpc.netty.v1.ProtocolDecoderV1;
import org.apache.seata.core.rpc.netty.v1.ProtocolEncoderV1;

/** Reads one frame a line, in hexadecimal, with Seata's own decoder, and prints it as Seata's own encoder writes it: in the same dialect. */
public final class EchoBytes {
    private EchoBytes() {}

    public static void main(String[] args) throws IOException {
        var decoder = new ProtocolDecoderV1();
        var encoder = new ProtocolEncoderV1();
        var oldDecoder = new ProtocolDecoderV0();
        var oldEncoder = new ProtocolEncoderV0();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            var frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(line));
            var bytes = Unpooled.buffer();
            if (frame.getByte(2) == 0) {
                oldEncoder.encode(oldDecoder.decodeFrame(frame), bytes);
            } else {
                encoder.encode(decoder.decodeFrame(frame), bytes);
            }
            System.out.println(ByteBufUtil.hexDump(bytes));
            System.out.flush();
        }
    }
}
