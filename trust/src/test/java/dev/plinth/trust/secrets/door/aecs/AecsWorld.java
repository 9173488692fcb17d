package dev.plinth.trust.secrets.door.aecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.trust.ImitatedIntel;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.secrets.ResourceName;
import dev.plinth.trust.secrets.RootKeeper;
import dev.plinth.trust.secrets.SecretAlgorithm;
import dev.plinth.trust.secrets.Secrets;
import dev.plinth.trust.secrets.SecretsWorld;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** AECS's protocol over gRPC on a real journal, with a secret, for enclaves and domains of an Intel that the test makes up. */
final class AecsWorld implements AutoCloseable {
    static final String SERVICE = "payments";
    static final String DISK = "disk";
    static final String VALUE = "the key of the disk";
    static final String TOKEN = "the administrator's";
    static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    /** What {@link #ENCLAVE} fulfils, and {@link #STRANGER} does not. */
    static final String SIGNED = "claims['sgx.mrsigner'] == '" + "22".repeat(32) + "'";

    private static final ImitatedIntel SGX = ImitatedIntel.sgx();
    private static final ImitatedIntel TDX = ImitatedIntel.tdx();
    static final AecsClient.Platform ENCLAVE = AecsClient.Platform.of("SGX_DCAP", SGX::quote);
    static final AecsClient.Platform STRANGER = AecsClient.Platform.of("SGX_DCAP", SGX::strangersQuote);
    static final AecsClient.Platform DOMAIN = AecsClient.Platform.of("TDX", TDX::quote);

    private final SecretsWorld world;
    private Server server;
    private ManagedChannel channel;

    private AecsWorld(SecretsWorld world, boolean shared) throws IOException {
        this.world = world;
        if (shared) {
            world.secrets.initialize(2, 2, "ann").join();
        }
        awaitUnsealed();
        world.secrets.anchor(Vendor.INTEL, ImitatedIntel.root(), true, "ann").join();
        world.secrets
                .take(
                        new ResourceName(SERVICE, AecsDoor.TYPE, DISK),
                        SecretAlgorithm.OPAQUE,
                        true,
                        VALUE.getBytes(StandardCharsets.UTF_8),
                        "ann")
                .join();
        serve();
    }

    static AecsWorld open(Path folder) throws IOException {
        return open(folder, new RootKeeper.InFile(folder.resolve("root.key")), UnaryOperator.identity());
    }

    static AecsWorld open(Path folder, RootKeeper keeper, UnaryOperator<Secrets.Options> change) throws IOException {
        var collateral = new ArrayList<>(SGX.collateral());
        collateral.addAll(TDX.collateral());
        var alone = Secrets.Options.of(keeper);
        var options = change.apply(new Secrets.Options(
                keeper, false, collateral, alone.former(), alone.self(), alone.servers(), alone.peers()));
        return new AecsWorld(
                SecretsWorld.open(folder.resolve("data"), options, NOW), keeper instanceof RootKeeper.Shared);
    }

    private void awaitUnsealed() {
        await().until(() -> !world.secrets.status().join().isSealed());
    }

    private void serve() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(AecsDoor.of(
                        world.secrets, TOKEN::equals, "test", world.clock, world.workers, new SecureRandom()))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
    }

    private void stop() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    /** As a server that is started again on its data. */
    void restart() throws IOException {
        stop();
        world.restart();
        awaitUnsealed();
        serve();
    }

    Secrets secrets() {
        return world.secrets;
    }

    void wall(Instant now) {
        world.wall(now);
    }

    void goOn() {
        world.goOn();
    }

    AecsClient client(boolean national) throws Exception {
        return new AecsClient(channel, national);
    }

    void guard(String name, String condition) {
        world.secrets
                .setPolicy(SERVICE + "/secret/" + name, condition, Set.of(), "ann")
                .join();
    }

    List<String> releases() {
        return world.secrets.auditAfter(0, 1_000).join().stream()
                .filter(entry -> entry.action().equals("release"))
                .map(AuditEntry::subject)
                .toList();
    }

    static void refused(Status.Code code, String reason, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.getStatus().toString()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).contains(reason);
        });
    }

    @Override
    public void close() throws IOException {
        stop();
        world.close();
    }
}
