package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import dev.plinth.trust.audit.AuditFolder;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.InitializeRequest;
import dev.plinth.wire.secrets.v1.ListRequest;
import dev.plinth.wire.secrets.v1.SecretsGrpc;
import dev.plinth.wire.secrets.v1.UnsealRequest;
import dev.plinth.wire.secrets.v1.UseRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys and secrets through the doors of a whole server. */
@Timeout(120)
class SecretsServerTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final ByteString VALUE = ByteString.copyFromUtf8("canary-51b9e0-in-no-file");

    @TempDir
    private Path data;

    private PlinthServer start() throws IOException {
        return PlinthServer.start(
                ServerConfiguration.alone(data, ANY, ANY, Optional.empty()).with(SecretsConfiguration.withShares()));
    }

    private SecretsGrpc.SecretsBlockingStub secrets(PlinthServer server) throws IOException {
        return GrpcClients.builder("gproto+http://" + server.http())
                .addHeader("authorization", "Bearer " + Files.readString(TrustConfiguration.token(data)))
                .build(SecretsGrpc.SecretsBlockingStub.class);
    }

    private static AggregatedHttpResponse kbs(PlinthServer server, HttpMethod method, String path, String body) {
        return WebClient.of("http://" + server.http())
                .execute(RequestHeaders.of(method, "/kbs/v0/" + path), body)
                .aggregate()
                .join();
    }

    private static void refused(Status.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        problem -> assertThat(problem.getStatus().getCode()).isEqualTo(code));
    }

    @Test
    void a_server_starts_sealed_and_says_so_until_enough_operators_have_given_their_shares() throws Exception {
        ByteString first;
        ByteString second;
        try (var server = start()) {
            assertThat(server.describe()).anyMatch(line -> line.contains("/kbs/v0"));
            var secrets = secrets(server);
            refused(
                    Status.Code.UNAUTHENTICATED,
                    () -> GrpcClients.newClient("gproto+http://" + server.http(), SecretsGrpc.SecretsBlockingStub.class)
                            .getStatus(GetStatusRequest.getDefaultInstance()));
            refused(Status.Code.FAILED_PRECONDITION, () -> put(secrets));
            var shares = secrets.initialize(InitializeRequest.newBuilder()
                            .setThreshold(2)
                            .setShares(3)
                            .setActor("ann")
                            .build())
                    .getSharesList();
            first = ByteString.copyFromUtf8(shares.get(0));
            second = ByteString.copyFromUtf8(shares.get(2));
            put(secrets);
            assertThat(kbs(
                                    server,
                                    HttpMethod.POST,
                                    "auth",
                                    "{\"version\":\"0.4.0\",\"tee\":\"tpm\",\"extra-params\":\"\"}")
                            .contentUtf8())
                    .startsWith("{\"nonce\":\"");
            assertThat(kbs(server, HttpMethod.GET, "resource/bank/keys/one", "")
                            .status()
                            .code())
                    .isEqualTo(401);
        }
        try (var server = start()) {
            var secrets = secrets(server);
            assertThat(secrets.getStatus(GetStatusRequest.getDefaultInstance()).getSealed())
                    .isTrue();
            assertThat(secrets.list(ListRequest.getDefaultInstance()).getSecretsList())
                    .singleElement()
                    .satisfies(secret -> assertThat(secret.toString()).doesNotContain(VALUE.toStringUtf8()));
            refused(Status.Code.FAILED_PRECONDITION, () -> put(secrets));
            for (var share : new ByteString[] {first, second}) {
                secrets.unseal(UnsealRequest.newBuilder()
                        .setShare(share.toStringUtf8())
                        .setActor("ann")
                        .build());
            }
            assertThat(put(secrets)).isEqualTo(2);
            refused(
                    Status.Code.INVALID_ARGUMENT,
                    () -> secrets.sign(UseRequest.newBuilder()
                            .setName("bank/keys/one")
                            .setActor("ann")
                            .build()));
        }
        var report = AuditFolder.verify(data.resolve("audit"), Optional.empty());
        assertThat(report.problems()).isEmpty();
        assertThat(report.checkpointSequence())
                .isEqualTo(report.head().sequence())
                .isGreaterThan(3);
        try (var files = Files.walk(data)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                assertThat(text.contains(VALUE.toStringUtf8())).as("%s", file).isFalse();
                assertThat(text.contains("plinth-share-")).as("%s", file).isFalse();
            }
        }
    }

    private static long put(SecretsGrpc.SecretsBlockingStub secrets) {
        return secrets.import_(ImportRequest.newBuilder()
                        .setName("bank/keys/one")
                        .setAlgorithm("opaque")
                        .setExportable(true)
                        .setSecret(VALUE)
                        .setActor("ann")
                        .build())
                .getVersion();
    }

    @Test
    void without_the_section_there_is_no_door_and_no_root_key() throws Exception {
        try (var server = PlinthServer.start(ServerConfiguration.alone(data, ANY, ANY, Optional.empty()))) {
            assertThat(kbs(server, HttpMethod.POST, "auth", "{}").status().code())
                    .isNotEqualTo(200);
            assertThat(data.resolve("secrets")).doesNotExist();
        }
    }
}
