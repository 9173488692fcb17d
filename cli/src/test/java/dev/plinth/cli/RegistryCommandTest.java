package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.Subscribe;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry's operation on the command line, against a server. */
class RegistryCommandTest {
    @TempDir
    private Path data;

    private PlinthServer server;
    private ManagedChannel channel;
    private StreamObserver<ClientMessage> provider;

    @BeforeEach
    void start() throws IOException {
        server = PlinthServer.start(ServerConfiguration.alone(
                data, new Listen("127.0.0.1", 0), new Listen("127.0.0.1", 0), Optional.empty()));
        channel = NettyChannelBuilder.forAddress(
                        server.http().host(), server.http().port())
                .usePlaintext()
                .build();
        provider = RegistryGrpc.newStub(channel).connect(new NothingHeard());
        provider.onNext(ClientMessage.newBuilder()
                .setOpen(Open.newBuilder().setClient("the provider").setLeaseMillis(60_000))
                .build());
        provider.onNext(ClientMessage.newBuilder()
                .setRequestId(1)
                .setRegister(Register.newBuilder()
                        .setEndpoint(Endpoint.newBuilder()
                                .setService("com.bank.Accounts")
                                .setProtocol("bolt")
                                .setAddress("10.0.0.1:1")
                                .putMetadata("app", "core")))
                .build());
        provider.onNext(ClientMessage.newBuilder()
                .setRequestId(2)
                .setSubscribe(Subscribe.newBuilder().setService("com.bank.Ledger"))
                .build());
        expect("the provider", "subscribers", "com.bank.Ledger");
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.close();
    }

    private Ran run(String... arguments) {
        List<String> line = new ArrayList<>(List.of("registry"));
        line.addAll(List.of(arguments));
        line.addAll(List.of("--server", server.http().toString()));
        return Ran.of(line);
    }

    private void expect(String expected, String... arguments) {
        await().untilAsserted(() -> assertThat(run(arguments).well()).contains(expected));
    }

    @Test
    void an_endpoint_is_found_weighed_switched_off_and_explained() {
        expect("bolt://10.0.0.1:1", "search", "accounts", "--metadata", "app=core", "--metadata", "app");
        expect("No endpoint fits.", "search", "--address", "10.0.0.2");

        expect("has the weight 7", "weight", "com.bank.Accounts", "10.0.0.1:1", "7");
        expect("7 (not 100)", "search");

        expect("is off", "switch", "com.bank.Accounts", "10.0.0.1:1", "off");
        expect("switched off", "search");
        expect(
                "is not served: it is switched off, by " + System.getProperty("user.name"),
                "why",
                "com.bank.Accounts",
                "10.0.0.1:1");
        expect("weight 7", "rules");

        expect("is on", "switch", "com.bank.Accounts", "10.0.0.1:1", "on");
        expect("is served", "why", "com.bank.Accounts", "10.0.0.1:1");
        expect("has its own weight", "weight", "com.bank.Accounts", "10.0.0.1:1", "default");
        expect("No weights, switches or blacklist", "rules");
    }

    @Test
    void hosts_are_put_on_the_blacklist_and_taken_off_it() {
        expect("is on the blacklist", "blacklist", "add", "10.0.0.0/8");
        expect("blacklisted", "search");
        expect("10.0.0.0/8 is on the blacklist", "why", "com.bank.Accounts", "10.0.0.1:1");
        expect("is not on the blacklist", "blacklist", "remove", "10.0.0.0/8");
        expect("serving", "search");
    }

    @Test
    void of_an_endpoint_that_went_the_reason_is_said() {
        provider.onNext(ClientMessage.newBuilder()
                .setRequestId(3)
                .setClose(dev.plinth.wire.registry.v1.Close.getDefaultInstance())
                .build());
        expect("its client, \"the provider\", said good-bye", "why", "com.bank.Accounts", "10.0.0.1:1");
        expect("Nobody has registered it", "why", "com.bank.Accounts", "10.0.0.9:1");
    }

    @Test
    void what_is_no_rule_is_refused_with_what_was_expected() {
        assertThat(run("switch", "com.bank.Accounts", "10.0.0.1:1", "up").failed(2))
                .contains("expected on or off, found \"up\"");
        assertThat(run("weight", "com.bank.Accounts", "10.0.0.1:1", "10001").failed(1))
                .contains("weight is 10001: expected 0 to 10000");
        assertThat(run("weight", "com.bank.Accounts", "10.0.0.1", "1").failed(1))
                .contains("address is \"10.0.0.1\": expected host:port");
        assertThat(run("blacklist", "add", "10.0.0.0/99").failed(1))
                .contains("hosts is \"10.0.0.0/99\": expected a host's name");
    }

    /** What the registry says to a client that does not listen. */
    private static final class NothingHeard implements StreamObserver<ServerMessage> {
        @Override
        public void onNext(ServerMessage message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
