package dev.plinth.transactions.door.seata;

import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFormatException;
import dev.plinth.wire.seata.SeataFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageCodec;
import java.util.List;

/**
 * Bytes to frames and back. What is no frame goes on as a {@link SeataFormatException} in place of one, so that the connection
 * decides what it means for the client.
 */
final class FrameHandler extends ByteToMessageCodec<SeataFrame> {
    FrameHandler() {
        super(SeataFrame.class);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        try {
            SeataCodec.decode(in).ifPresent(out::add);
        } catch (SeataFormatException e) {
            if (!e.survivable()) {
                in.skipBytes(in.readableBytes());
            }
            out.add(e);
        }
    }

    @Override
    protected void encode(ChannelHandlerContext context, SeataFrame frame, ByteBuf out) {
        SeataCodec.encode(frame, out);
    }
}
