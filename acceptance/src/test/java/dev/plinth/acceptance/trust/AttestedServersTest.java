package dev.plinth.acceptance.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    private static final String LEDGER = "bank/keys/ledger";
    private static final ByteString STATEMENT = ByteString.copyFromUtf8("a statement");
    private static final int SECURE_BOOT = 7;
    private static final int CALL_SECONDS = 10;

    @TempDir
    private Path folder;

    private List<TrustServer> members = List.of();
    private final List<TpmProcess> tpms = new ArrayList<>();

    private static SealStatus status(TrustServer member) {
        return member.secrets().getStatus(GetStatusRequest.getDefaultInstance());
    }

    private static void sign(TrustServer member) {
        await().atMost(LONG)
                .ignoreExceptionsMatching(failure -> failure instanceof StatusRuntimeException refused
                        && refused.getStatus().getCode() == Status.Code.UNAVAILABLE)
                .until(() -> !member.secrets()
                        .sign(UseRequest.newBuilder()
                                .setName(LEDGER)
                                .setInput(STATEMENT)
                                .setActor("ann")
                                .build())
                        .getOutput()
                        .isEmpty());
    }

    private static List<AuditEntry> audit(TrustServer member, String action) {
        return member.secrets().readAudit(ReadAuditRequest.getDefaultInstance()).getEntriesList().stream()
                .filter(entry -> entry.getAction().equals(action))
                .toList();
    }

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        for (var name : TrustCluster.NAMES) {
            var tpm = new TpmProcess(folder.resolve("tpm-" + name));
            tpms.add(tpm);
            Files.writeString(folder.resolve("tpm-" + name + ".pem"), tpm.key());
        }
        tpms.get(2).measure(SECURE_BOOT, new byte[32]);
        var keys = TrustCluster.NAMES.stream()
                .map(name -> folder.resolve("tpm-" + name + ".pem").toString())
                .collect(Collectors.joining(", "));
        members = TrustCluster.start(folder, CALL_SECONDS, name -> """
                  root: shares
                  peers:
                    condition: "evidence == 'tpm' && claims['tpm.sha256.7'] == '%s'"
                    keys: [%s]
                    tpm: { simulated: "%s", registers: [7] }
                """.formatted(
                "0".repeat(64), keys, tpms.get(TrustCluster.NAMES.indexOf(name)).address()));
    }

    @AfterEach
    void close() {
        members.forEach(TrustServer::close);
        tpms.forEach(TpmProcess::close);
    }

    /** Operators bring the root key to one server, and to no other. */
    private void initialize(TrustServer first) {
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
        sign(a);
        sign(b);

        // c has the journal, and says why it serves nothing of it.
        var refusals = await().atMost(LONG)
                .ignoreExceptions()
                .until(
                        () -> status(c).getRefusalsList(),
                        found -> found.stream().anyMatch(line -> line.contains("server c is not what it has to be")));
        assertThat(refusals).anySatisfy(line -> assertThat(line).contains("secrets.peers@1"));
        assertThat(status(c).getSealed()).isTrue();
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
        assertThat(audit(a, "give-root")).singleElement().satisfies(entry -> {
            assertThat(entry.getActor()).isEqualTo("server/a");
            assertThat(entry.getDetail()).isEqualTo("to server b: evidence tpm, key tpm-b");
        });
        assertThat(audit(a, "refuse"))
                .anySatisfy(entry -> assertThat(entry.getDetail()).contains("server c is not what it has to be"));

        // Whoever is killed, at whatever point of a handover, has the key again from another.
        for (var victim : List.of(b, a, b, a)) {
            victim.process.kill();
            sign(victim == a ? b : a);
            victim.process.start();
            victim.awaitUnsealed();
            sign(victim);
        }
        assertThat(status(c).getSealed()).isTrue();

        // Its machine is started anew, as it has to be; and the one who may give it the key is killed while it asks.
        tpms.get(2).reboot();
        c.process.kill();
        c.process.start();
        a.process.kill();
        c.awaitUnsealed();
        sign(c);
        a.process.start();
        a.awaitUnsealed();
        assertThat(audit(a, "take-root")).extracting(AuditEntry::getActor).contains("server/a", "server/b", "server/c");
    }
}
