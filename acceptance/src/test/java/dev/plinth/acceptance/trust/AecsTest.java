package dev.plinth.acceptance.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.trust.attester.TpmProcess;
import dev.plinth.trust.secrets.door.aecs.AecsClient;
import dev.plinth.wire.aecs.GetEnclaveSecretRequest;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.ReadAuditRequest;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** KubeTEE AECS's gRPC on the port of a server in a process of its own, for a workload with a simulated TPM. */
@Timeout(300)
class AecsTest {
    private static final String SERVICE = "bank";
    private static final String NAME = "disk";
    private static final String DISK = SERVICE + "/secret/" + NAME;
    private static final String VALUE = "the key of the disk";
    private static final String ACTOR = "test";
    private static final int CALL_SECONDS = 20;
    private static final int BEFORE_THE_KILL = 5;

    @TempDir
    private Path folder;

    private TrustServer server;
    private TpmProcess swtpm;
    private TpmAttester tpm;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        server = TrustServer.alone(folder, CALL_SECONDS);
        server.awaitUnsealed();
        swtpm = new TpmProcess(folder.resolve("tpm"));
        tpm = TpmAttester.of(swtpm.device().open());
        server.secrets()
                .import_(ImportRequest.newBuilder()
                        .setName(DISK)
                        .setAlgorithm("opaque")
                        .setExportable(true)
                        .setSecret(ByteString.copyFromUtf8(VALUE))
                        .setActor(ACTOR)
                        .build());
        var _ = server.secrets().vouch(TrustServer.vouching(tpm, ACTOR));
    }

    @AfterEach
    void stop() throws IOException {
        if (server != null) {
            server.close();
            tpm.close();
            swtpm.close();
        }
    }

    private void guard(String condition) {
        server.secrets()
                .setPolicy(SetPolicyRequest.newBuilder()
                        .setSubject(DISK)
                        .setCondition(condition)
                        .setActor(ACTOR)
                        .build());
    }

    private long releases() {
        return server.secrets().readAudit(ReadAuditRequest.getDefaultInstance()).getEntriesList().stream()
                .filter(entry -> entry.getAction().equals("release"))
                .count();
    }

    private AecsClient.Platform platform() {
        return new AecsClient.Platform("PLINTH_TPM", reportData -> {
            try {
                return tpm.trusteeEvidence(reportData);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void denied(AecsClient client, GetEnclaveSecretRequest request, String reason) {
        assertThatThrownBy(() -> client.stub.getEnclaveSecret(request))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                    assertThat(e.getStatus().getDescription()).contains(reason);
                });
    }

    @Test
    void a_workload_gets_a_secret_under_a_policy_and_without_one_it_is_refused() throws Exception {
        for (boolean national : new boolean[] {false, true}) {
            var client = new AecsClient(server.channel(), national);
            guard("evidence == 'sgx'");
            denied(client, client.request(platform(), SERVICE, NAME, client.nonce()), "the condition is false");
            guard("evidence == 'tpm'");
            assertThat(client.secret(platform(), SERVICE, NAME)).isEqualTo(VALUE);
        }
        assertThat(releases()).isEqualTo(2);
    }

    @Test
    void of_a_server_that_is_killed_nothing_that_was_asked_before_is_granted_a_second_time() throws Exception {
        guard("evidence == 'tpm'");
        var client = new AecsClient(server.channel(), false);
        var asked = new ConcurrentLinkedQueue<GetEnclaveSecretRequest>();
        var answered = new AtomicInteger();
        try (var thread = Executors.newSingleThreadExecutor()) {
            var work = thread.submit(() -> {
                while (true) {
                    var request = client.request(platform(), SERVICE, NAME, client.nonce());
                    asked.add(request);
                    var response = client.stub.getEnclaveSecret(request);
                    assertThat(client.open(response)).isEqualTo(VALUE.getBytes(StandardCharsets.UTF_8));
                    answered.incrementAndGet();
                }
            });
            await().atMost(Duration.ofSeconds(60)).until(() -> work.isDone() || answered.get() >= BEFORE_THE_KILL);
            server.process.kill();
            assertThatThrownBy(() -> work.get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
        }
        server.process.start();
        server.awaitUnsealed();
        long before = releases();
        assertThat(before)
                .as("each release was noted before the secret left, and none that nobody asked for")
                .isBetween((long) answered.get(), (long) asked.size());
        asked.forEach(request -> denied(client, request, "gave since it started"));
        assertThat(releases()).isEqualTo(before);
        assertThat(client.secret(platform(), SERVICE, NAME)).isEqualTo(VALUE);
        assertThat(releases()).isEqualTo(before + 1);
    }
}
