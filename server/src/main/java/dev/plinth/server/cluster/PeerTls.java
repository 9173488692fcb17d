package dev.plinth.server.cluster;

import dev.plinth.raft.RaftTls;
import dev.plinth.server.Listen;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/** Mutual TLS 1.3 between the servers of a cluster over gRPC: the identities with which they speak Raft. */
public final class PeerTls {
    /*
     * As on the Raft port: who has a certificate of the cluster's is a server of it, and the name in it is not compared with an
     * address. gRPC asks for that comparison at every handshake; a trust manager that is given the engine is the one who makes it.
     */
    private static final String TLS = "TLSv1.3";

    private final SslContext server;
    private final SslContext client;

    private PeerTls(SslContext server, SslContext client) {
        this.server = server;
        this.client = client;
    }

    /**
     * From what the servers speak Raft with.
     *
     * @throws IOException if the files cannot be read or are not what they should be; it names them
     */
    public static PeerTls of(RaftTls tls) throws IOException {
        try {
            return switch (tls) {
                case RaftTls.Files files -> {
                    var members = new Members(authorities(files.authority()));
                    var certificate = files.certificate().toFile();
                    var key = files.key().toFile();
                    yield new PeerTls(
                            server(SslContextBuilder.forServer(certificate, key).trustManager(members)),
                            client(SslContextBuilder.forClient()
                                    .keyManager(certificate, key)
                                    .trustManager(members)));
                }
                case RaftTls.Identity(var keys, var members) ->
                    new PeerTls(
                            server(SslContextBuilder.forServer(keys).trustManager(members)),
                            client(SslContextBuilder.forClient()
                                    .keyManager(keys)
                                    .trustManager(members)));
            };
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("TLS between the servers cannot be set up from " + tls + ": " + e.getMessage(), e);
        }
    }

    private static SslContext server(SslContextBuilder builder) throws IOException {
        return GrpcSslContexts.configure(builder, SslProvider.JDK)
                .clientAuth(ClientAuth.REQUIRE)
                .protocols(TLS)
                .build();
    }

    private static SslContext client(SslContextBuilder builder) throws IOException {
        return GrpcSslContexts.configure(builder, SslProvider.JDK)
                .protocols(TLS)
                .build();
    }

    private static X509TrustManager authorities(Path pem) throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(pem)) {
            int number = 0;
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("authority-" + number++, certificate);
            }
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new GeneralSecurityException("this JDK has no trust manager for X.509"));
    }

    SslContext server() {
        return server;
    }

    /** The way to another server: over TLS off loopback, where there has to be one. */
    static NettyChannelBuilder channel(Optional<PeerTls> tls, Listen to) {
        var builder = NettyChannelBuilder.forAddress(to.host(), to.port());
        return to.isLoopback()
                ? builder.usePlaintext()
                : builder.sslContext(tls.orElseThrow(
                                () -> new IllegalStateException(
                                        to
                                                + " is off loopback: expected a trust domain or cluster.tls, for this server to prove itself with"))
                        .client);
    }

    /** Believes whoever has a certificate of these authorities, wherever it is. */
    private static final class Members extends X509ExtendedTrustManager {
        private final X509TrustManager authorities;

        Members(X509TrustManager authorities) {
            this.authorities = authorities;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authorities.checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            authorities.checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            authorities.checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            authorities.checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            authorities.checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            authorities.checkServerTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authorities.getAcceptedIssuers();
        }
    }
}
