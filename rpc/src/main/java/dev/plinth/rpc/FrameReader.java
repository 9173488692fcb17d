package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltDecoder;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Makes frames of a connection's bytes. What is no frame goes down the same way, as the {@link BoltException}: whoever handles
 * frames answers it, and closes the connection if that cannot go on. After such a one nothing more is read.
 */
final class FrameReader extends ByteToMessageDecoder {
    private final BoltDecoder decoder;
    private boolean broken;

    FrameReader(BoltLimits limits) {
        this.decoder = new BoltDecoder(limits);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            decoder.decode(in).ifPresent(out::add);
        } catch (BoltException e) {
            out.add(e);
            if (!e.connectionSurvives()) {
                broken = true;
                // Nobody will read them; and the base class takes a message without any byte read for a mistake.
                in.skipBytes(in.readableBytes());
            }
        }
    }
}
