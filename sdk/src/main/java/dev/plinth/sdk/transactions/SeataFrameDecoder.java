package dev.plinth.sdk.transactions;

import dev.plinth.wire.seata.SeataCodec;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Cuts the byte stream into frames. */
final class SeataFrameDecoder extends ByteToMessageDecoder {
    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        SeataCodec.decode(in).ifPresent(out::add);
    }
}
