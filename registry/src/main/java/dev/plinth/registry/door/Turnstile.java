package dev.plinth.registry.door;

import com.linecorp.armeria.server.Server;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Closes connections from where no client may come, before anything of theirs is read. On the channel that listens. */
@Sharable
public final class Turnstile extends ChannelInboundHandlerAdapter {
    private final Predicate<InetAddress> admitted;

    public Turnstile(Predicate<InetAddress> admitted) {
        this.admitted = admitted;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Channel connection && !passes(admitted, connection)) {
            connection.unsafe().closeForcibly();
            return;
        }
        ctx.fireChannelRead(message);
    }

    /** The same where only the pipelines of connections can be had, and not the channel that listens. */
    @SuppressWarnings("FutureReturnValueIgnored") // what cannot be closed is closed
    public static Consumer<ChannelPipeline> onPipelines(Predicate<InetAddress> admitted) {
        return pipeline -> {
            if (!passes(admitted, pipeline.channel())) {
                pipeline.channel().close();
            }
        };
    }

    /** Where one of Armeria's servers listens that has one port; its own {@code activeLocalPort} knows loopback alone. */
    public static InetSocketAddress address(Server server) {
        return server.activePorts().keySet().iterator().next();
    }

    private static boolean passes(Predicate<InetAddress> admitted, Channel connection) {
        return connection.remoteAddress() instanceof InetSocketAddress from && admitted.test(from.getAddress());
    }
}
