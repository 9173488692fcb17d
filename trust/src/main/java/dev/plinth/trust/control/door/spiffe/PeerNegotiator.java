package dev.plinth.trust.control.door.spiffe;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.util.AsciiString;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the kernel who has connected, before the first byte is read, and tells it to every call of the connection. */
final class PeerNegotiator implements InternalProtocolNegotiator.ProtocolNegotiator, ServerInterceptor {
    /*
     * gRPC tells a call the address of its connection, and on a Unix socket a client has none. The place where TLS would be negotiated
     * is the one in which a connection may say more about itself.
     */
    static final Context.Key<Peer> PEER = Context.key("plinth-peer");
    private static final Logger log = LoggerFactory.getLogger(PeerNegotiator.class);
    private static final Attributes.Key<Peer> ATTRIBUTE = Attributes.Key.create("plinth-peer");
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("workload.spiffe.io", Metadata.ASCII_STRING_MARSHALLER);

    private final ProcessAttestor attestor;

    PeerNegotiator(ProcessAttestor attestor) {
        this.attestor = attestor;
    }

    @Override
    public AsciiString scheme() {
        return AsciiString.of("http");
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
        var asks = new ChannelInboundHandlerAdapter() {
            // The one event that comes before the handler of HTTP/2 is there: the connection is open.
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws IOException {
                try {
                    var said = ((EpollDomainSocketChannel) ctx.channel()).peerCredentials();
                    var peer = attestor.accept(said.pid(), said.uid(), said.gids()[0]);
                    ctx.pipeline().replace(this, null, grpc);
                    grpc.handleProtocolNegotiationCompleted(
                            Attributes.newBuilder().set(ATTRIBUTE, peer).build(), null);
                } catch (ProcessAttestor.Gone e) {
                    log.info("a connection to the Workload API is closed: {}", e.getMessage());
                    var _ = ctx.close();
                }
            }
        };
        return InternalProtocolNegotiators.waitUntilActiveHandler(asks, grpc.getNegotiationLogger());
    }

    @Override
    public void close() {}

    /** Lets no call in without the header that keeps a browser or a proxy from being talked into one (SPIFFE_Workload_Endpoint.md, 6). */
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!"true".equals(headers.get(HEADER))) {
            call.close(
                    Status.INVALID_ARGUMENT.withDescription("header workload.spiffe.io: expected true"),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        var peer = call.getAttributes().get(ATTRIBUTE);
        if (peer == null) {
            call.close(Status.INTERNAL.withDescription("nobody knows who connected"), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(Context.current().withValue(PEER, peer), call, headers, next);
    }
}
