package dev.plinth.acceptance.trust;

import static org.awaitility.Awaitility.await;

import dev.plinth.acceptance.seata.ServerProcess;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.KeyBroker;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.VouchRequest;
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
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One server with trust and secrets, in a process of its own, and the ways to it. */
final class TrustServer implements AutoCloseable {
    private static final Duration UNSEALED_MAX = Duration.ofSeconds(90);

    final ServerProcess process;
    private final Path data;
    private final int callSeconds;
    private final ManagedChannel channel;

    private TrustServer(Path data, int http, List<String> options, int callSeconds) throws IOException {
        this.data = data;
        this.callSeconds = callSeconds;
        this.process = new ServerProcess(data, data.resolveSibling("servers.log"), http, options);
        this.channel =
                NettyChannelBuilder.forTarget(process.http()).usePlaintext().build();
    }

    /**
     * Starts one of a cluster.
     *
     * @param folder where its data and what it says are
     * @param callSeconds how long a call may take
     */
    static TrustServer member(String name, Path folder, int http, Path configuration, int callSeconds)
            throws IOException {
        return new TrustServer(
                folder.resolve(name), http, List.of("--config", configuration.toString(), "--name", name), callSeconds);
    }

    /** Starts one that is no cluster's; a file keeps its root key of secrets. */
    static TrustServer alone(Path folder, int callSeconds) throws IOException {
        var configuration = Files.writeString(folder.resolve("plinth.yaml"), "secrets:\n  root: file\n");
        return new TrustServer(folder.resolve("data"), 0, List.of("--config", configuration.toString()), callSeconds);
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

    /** The way to it, for those who show no token. */
    ManagedChannel channel() {
        return channel;
    }

    boolean isUnsealed() {
        var status = secrets().getStatus(GetStatusRequest.getDefaultInstance());
        return status.getInitialized() && !status.getSealed();
    }

    void awaitUnsealed() {
        await().atMost(UNSEALED_MAX).ignoreExceptions().until(this::isUnsealed);
    }

    /** What an administrator says for a TPM whose key he knows. */
    static VouchRequest vouching(TpmAttester tpm, String actor) throws GeneralSecurityException {
        return VouchRequest.newBuilder()
                .setVendor("tpm")
                .setFingerprint(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256")
                                .digest(tpm.attestationKey().getEncoded())))
                .setOwner(actor)
                .setActor(actor)
                .build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        process.close();
    }
}
