package dev.plinth.bench.trust;

import dev.plinth.bench.programs.PlinthServerProgram;
import dev.plinth.bench.programs.ServerUnderTest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** This build's server with a trust domain of its own, and whoever administers it. */
final class IdentityServer implements AutoCloseable {
    private static final String DOMAIN = "bench.example";
    private static final Pattern READY = Pattern.compile("READY server 127\\.0\\.0\\.1:(\\d+)");
    private static final long CLOSE_SECONDS_MAX = 5;

    private final ServerUnderTest server;
    private final Path data;
    private final ManagedChannel channel;

    private IdentityServer(ServerUnderTest server, Path data, ManagedChannel channel) {
        this.server = server;
        this.data = data;
        this.channel = channel;
    }

    static IdentityServer start(Path directory, List<String> flags) throws IOException {
        Files.createDirectories(directory);
        var data = directory.resolve("data");
        var configuration = directory.resolve("server.yaml");
        Files.writeString(configuration, """
                data: %s
                http:
                  listen: 127.0.0.1:0
                seata:
                  listen: 127.0.0.1:0
                trust:
                  domain: %s
                """.formatted(data, DOMAIN));
        var log = directory.resolve("plinth.log");
        var process = new ProcessBuilder(
                        PlinthServerProgram.command(flags, List.of("--config", configuration.toString())))
                .redirectError(log.toFile())
                .start();
        var said = process.inputReader(StandardCharsets.UTF_8);
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            var ready = READY.matcher(line);
            if (ready.find()) {
                int port = Integer.parseInt(ready.group(1));
                return new IdentityServer(
                        new ServerUnderTest("Plinth", process, port),
                        data,
                        NettyChannelBuilder.forAddress("127.0.0.1", port)
                                .usePlaintext()
                                .build());
            }
        }
        throw new IOException("the server ended before it was ready; its log is " + log);
    }

    ServerUnderTest process() {
        return server;
    }

    /** Of the Workload API. */
    Path socket() {
        return data.resolve("trust").resolve("workload.sock");
    }

    static String id(String path) {
        return "spiffe://" + DOMAIN + "/" + path;
    }

    TrustGrpc.TrustBlockingStub administration() throws IOException {
        var headers = new Metadata();
        headers.put(
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                "Bearer "
                        + Files.readString(data.resolve("trust").resolve("admin.token"))
                                .strip());
        return TrustGrpc.newBlockingStub(channel).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.close();
    }
}
