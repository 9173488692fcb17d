package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltDecoder;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Makes frames of a connection's bytes. What is no frame goes down the same way, as the {@link BoltException}: whoever handles
 * frames answers it, and closes the connection if that cannot go on. After such a one nothing more is read.
 */
final class FrameReader extends ByteToMessageDecoder {
    private static final System.Logger LOG = System.getLogger(FrameReader.class.getName());

    private final BoltDecoder decoder;
    private final PartialFrames partialFrames;
    private boolean broken;
    private int kept;

    FrameReader(BoltLimits limits, PartialFrames partialFrames) {
        this.decoder = new BoltDecoder(limits);
        this.partialFrames = partialFrames;
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

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        keep(context, actualReadableBytes());
        super.channelReadComplete(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        keep(context, 0);
        super.channelInactive(context);
    }

    private void keep(ChannelHandlerContext context, int bytes) {
        boolean fits = partialFrames.add(bytes - kept);
        kept = bytes;
        if (!fits) {
            LOG.log(
                    Level.WARNING,
                    "connection of {0} closed: all connections together keep more than {1} bytes of frames that have not come"
                            + " whole",
                    context.channel().remoteAddress(),
                    partialFrames.bytesMax());
            EventLoops.close(context.channel());
        }
    }
}
