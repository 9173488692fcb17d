package dev.plinth.acceptance.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.plinth.acceptance.FreePorts;
import dev.plinth.server.TrustConfiguration;
import dev.plinth.trust.attester.TpmProcess;
import dev.plinth.wire.secrets.v1.AuditEntry;
import dev.plinth.wire.secrets.v1.GenerateRequest;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.InitializeRequest;
import dev.plinth.wire.secrets.v1.ReadAuditRequest;
import dev.plinth.wire.secrets.v1.SealStatus;
import dev.plinth.wire.secrets.v1.UseRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three servers, each on a machine with a TPM, that give one another the root key of secrets; one of them has measured something else. */
@Timeout(400)
class AttestedServersTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final String LEDGER = "bank/keys/ledger";
    private static final ByteString STATEMENT = ByteString.copyFromUtf8("a statement");
    private static final int SECURE_BOOT = 7;
    private static final int CALL_SECONDS = 10;

    @TempDir
    private Path folder;

    private final List<Member> members = new ArrayList<>();
    private final List<TpmProcess> tpms = new ArrayList<>();

    /** One server, and what is asked of it here. */
    private final class Member extends TrustServer {
        Member(String name, int http, Path configuration) throws IOException {
            super(name, folder, http, configuration, CALL_SECONDS);
        }

        SealStatus status() {
            return secrets().getStatus(GetStatusRequest.getDefaultInstance());
        }

        void awaitUnsealed() {
            await().atMost(LONG).ignoreExceptions().until(() -> status().getInitialized() && !status().getSealed());
        }

        void sign() {
            await().atMost(LONG)
                    .ignoreExceptionsMatching(failure -> failure instanceof StatusRuntimeException refused
                            && refused.getStatus().getCode() == Status.Code.UNAVAILABLE)
                    .until(() -> !secrets()
                            .sign(UseRequest.newBuilder()
                                    .setName(LEDGER)
                                    .setInput(STATEMENT)
                                    .setActor("ann")
                                    .build())
                            .getOutput()
                            .isEmpty());
        }

        List<AuditEntry> audit(String action) {
            return secrets().readAudit(ReadAuditRequest.getDefaultInstance()).getEntriesList().stream()
                    .filter(entry -> entry.getAction().equals(action))
                    .toList();
        }
    }

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        for (var name : NAMES) {
            var tpm = new TpmProcess(folder.resolve("tpm-" + name));
            tpms.add(tpm);
            Files.writeString(folder.resolve("tpm-" + name + ".pem"), tpm.key());
        }
        tpms.get(2).measure(SECURE_BOOT, new byte[32]);
        TrustConfiguration.makeRootKey(folder.resolve("trust.key"));
        var ports = FreePorts.find(2 * NAMES.size());
        var servers = new StringBuilder();
        for (int i = 0; i < NAMES.size(); i++) {
            servers.append("    - { name: %s, raft: 127.0.0.1:%d, http: 127.0.0.1:%d }%n"
                    .formatted(NAMES.get(i), ports.get(2 * i), ports.get(2 * i + 1)));
        }
        var keys = NAMES.stream()
                .map(name -> folder.resolve("tpm-" + name + ".pem").toString())
                .collect(Collectors.joining(", "));
        List<CompletableFuture<Member>> starting = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            var name = NAMES.get(i);
            int http = ports.get(2 * i + 1);
            var configuration = Files.writeString(folder.resolve(name + ".yaml"), """
                            trust: { domain: example.org, rootKey: %s }
                            secrets:
                              root: shares
                              peers:
                                condition: "evidence == 'tpm' && claims['tpm.sha256.7'] == '%s'"
                                keys: [%s]
                                tpm: { simulated: "%s", registers: [7] }
                            cluster:
                              servers:
                            %s""".formatted(
                            folder.resolve("trust.key"),
                            "0".repeat(64),
                            keys,
                            tpms.get(i).address(),
                            servers));
            starting.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return new Member(name, http, configuration);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        starting.forEach(member -> members.add(member.join()));
    }

    @AfterEach
    void close() {
        members.forEach(Member::close);
        tpms.forEach(TpmProcess::close);
    }

    /** Operators bring the root key to one server, and to no other. */
    private void initialize(Member first) {
        await().atMost(LONG)
                .ignoreExceptionsMatching(failure -> failure instanceof StatusRuntimeException refused
                        && refused.getStatus().getCode() == Status.Code.UNAVAILABLE)
                .until(() -> first.secrets()
                                .initialize(InitializeRequest.newBuilder()
                                        .setThreshold(2)
                                        .setShares(3)
                                        .setActor("ann")
                                        .build())
                                .getSharesCount()
                        == 3);
        first.secrets()
                .generate(GenerateRequest.newBuilder()
                        .setName(LEDGER)
                        .setAlgorithm("ec-p256")
                        .setActor("ann")
                        .build());
    }

    @Test
    void who_measures_something_else_is_never_given_the_root_key_and_the_others_go_on_whoever_is_killed()
            throws Exception {
        var a = members.get(0);
        var b = members.get(1);
        var c = members.get(2);
        initialize(a);
        b.awaitUnsealed();
        a.sign();
        b.sign();

        // c has the journal, and says why it serves nothing of it.
        var refusals = await().atMost(LONG)
                .ignoreExceptions()
                .until(
                        () -> c.status().getRefusalsList(),
                        found -> found.stream().anyMatch(line -> line.contains("server c is not what it has to be")));
        assertThat(refusals).anySatisfy(line -> assertThat(line).contains("secrets.peers@1"));
        assertThat(c.status().getSealed()).isTrue();
        assertThatThrownBy(() -> c.secrets()
                        .sign(UseRequest.newBuilder()
                                .setName(LEDGER)
                                .setInput(STATEMENT)
                                .setActor("ann")
                                .build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refused ->
                                assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION));
        assertThat(a.audit("give-root")).singleElement().satisfies(entry -> {
            assertThat(entry.getActor()).isEqualTo("server/a");
            assertThat(entry.getDetail()).isEqualTo("to server b: evidence tpm, key tpm-b");
        });
        assertThat(a.audit("refuse"))
                .anySatisfy(entry -> assertThat(entry.getDetail()).contains("server c is not what it has to be"));

        // Whoever is killed, at whatever point of a handover, has the key again from another.
        for (var victim : List.of(b, a, b, a)) {
            victim.process.kill();
            (victim == a ? b : a).sign();
            victim.process.start();
            victim.awaitUnsealed();
            victim.sign();
        }
        assertThat(c.status().getSealed()).isTrue();

        // Its machine is started anew, as it has to be; and the one who may give it the key is killed while it asks.
        tpms.get(2).reboot();
        c.process.kill();
        c.process.start();
        a.process.kill();
        c.awaitUnsealed();
        c.sign();
        a.process.start();
        a.awaitUnsealed();
        assertThat(a.audit("take-root")).extracting(AuditEntry::getActor).contains("server/a", "server/b", "server/c");
    }
}
