package dev.plinth.acceptance.trust;

import dev.plinth.acceptance.seata.ServerProcess;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.trust.v1.AttestationGrpc;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One server of a cluster with trust and secrets, in a process of its own, and the ways to it. */
class TrustServer implements AutoCloseable {
    final ServerProcess process;
    private final Path data;
    private final int callSeconds;
    private final ManagedChannel channel;

    /**
     * @param folder where its data and what it says are
     * @param callSeconds how long a call may take
     */
    TrustServer(String name, Path folder, int http, Path configuration, int callSeconds) throws IOException {
        this.data = folder.resolve(name);
        this.callSeconds = callSeconds;
        this.process = new ServerProcess(
                data,
                folder.resolve("servers.log"),
                http,
                List.of("--config", configuration.toString(), "--name", name));
        this.channel =
                NettyChannelBuilder.forAddress("127.0.0.1", http).usePlaintext().build();
    }

    private <S extends AbstractStub<S>> S soon(S stub) {
        // gRPC waits up to two minutes before it tries a server again that was away.
        channel.resetConnectBackoff();
        return stub.withDeadlineAfter(callSeconds, TimeUnit.SECONDS);
    }

    private <S extends AbstractStub<S>> S admin(S stub) {
        try {
            var headers = new Metadata();
            headers.put(
                    Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                    "Bearer " + Files.readString(TrustConfiguration.token(data)));
            return soon(stub).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TrustGrpc.TrustBlockingStub trust() {
        return admin(TrustGrpc.newBlockingStub(channel));
    }

    SecretsGrpc.SecretsBlockingStub secrets() {
        return admin(SecretsGrpc.newBlockingStub(channel));
    }

    AttestationGrpc.AttestationBlockingStub attestation() {
        return soon(AttestationGrpc.newBlockingStub(channel));
    }

    KeyBroker broker() {
        return KeyBroker.at(URI.create("http://" + process.http()));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        process.close();
    }
}
