package dev.plinth.transactions.door.seata;

import dev.plinth.wire.seata.SeataConversation;
import dev.plinth.wire.seata.SeataFormatException;
import dev.plinth.wire.seata.SeataFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageCodec;
import java.util.List;

/**
 * Bytes to frames and back, in whatever dialect the client speaks. What is no frame goes on as a {@link SeataFormatException} in place
 * of one, so that the connection decides what it means for the client.
 */
final class FrameHandler extends ByteToMessageCodec<SeataFrame> {
    private final SeataConversation conversation = new SeataConversation(Compressions.ALL);

    FrameHandler() {
        super(SeataFrame.class);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        try {
            conversation.read(in).ifPresent(out::add);
        } catch (SeataFormatException e) {
            if (!e.survivable()) {
                in.skipBytes(in.readableBytes());
            }
            out.add(e);
        }
    }

    @Override
    protected void encode(ChannelHandlerContext context, SeataFrame frame, ByteBuf out) {
        conversation.write(frame, out);
    }
}
