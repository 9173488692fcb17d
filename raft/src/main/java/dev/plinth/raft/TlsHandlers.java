package dev.plinth.raft;

import com.alipay.remoting.ExtendedNettyChannelHandler;
import com.alipay.remoting.config.BoltClientOption;
import com.alipay.remoting.config.BoltServerOption;
import com.alipay.remoting.rpc.RpcClient;
import com.alipay.remoting.rpc.RpcServer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.util.List;

/** Mutual TLS in front of JRaft's RPC, in both directions. */
final class TlsHandlers {
    /*
     * Bolt has TLS of its own, from key stores named in system properties; its client would check the server's name against an address
     * that it does not tell the TLS engine, and its server asks for no certificate unless told to. So the handlers are put in front of
     * Bolt's instead. Who has a certificate of the cluster's authority is a member; the name in it is not compared with an address,
     * for members are often reached by addresses that their certificates do not have.
     */
    private final SslContext server;
    private final SslContext client;

    private TlsHandlers(SslContext server, SslContext client) {
        this.server = server;
        this.client = client;
    }

    /** @throws IOException if the files cannot be read or are not what they should be; it names them */
    static TlsHandlers of(RaftTls tls) throws IOException {
        try {
            return switch (tls) {
                case RaftTls.Files files ->
                    new TlsHandlers(
                            server(SslContextBuilder.forServer(
                                            files.certificate().toFile(),
                                            files.key().toFile())
                                    .trustManager(files.authority().toFile())),
                            client(SslContextBuilder.forClient()
                                    .keyManager(
                                            files.certificate().toFile(),
                                            files.key().toFile())
                                    .trustManager(files.authority().toFile())));
                case RaftTls.Identity(var keys, var members) ->
                    new TlsHandlers(
                            server(SslContextBuilder.forServer(keys).trustManager(members)),
                            client(SslContextBuilder.forClient()
                                    .keyManager(keys)
                                    .trustManager(members)));
            };
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("TLS of the Raft door cannot be set up from " + tls + ": " + e.getMessage(), e);
        }
    }

    private static SslContext server(SslContextBuilder builder) throws IOException {
        return builder.clientAuth(ClientAuth.REQUIRE).protocols("TLSv1.3").build();
    }

    private static SslContext client(SslContextBuilder builder) throws IOException {
        return builder.endpointIdentificationAlgorithm(null)
                .protocols("TLSv1.3")
                .build();
    }

    void protect(RpcServer rpc) {
        rpc.option(BoltServerOption.EXTENDED_NETTY_CHANNEL_HANDLER, new InFront(server));
    }

    void protect(RpcClient rpc) {
        rpc.option(BoltClientOption.EXTENDED_NETTY_CHANNEL_HANDLER, new InFront(client));
    }

    /** Asked once for each connection. */
    private record InFront(SslContext context) implements ExtendedNettyChannelHandler {
        @Override
        public List<ChannelHandler> frontChannelHandlers() {
            return List.of(context.newHandler(ByteBufAllocator.DEFAULT));
        }

        @Override
        public List<ChannelHandler> backChannelHandlers() {
            return List.of();
        }
    }
}
