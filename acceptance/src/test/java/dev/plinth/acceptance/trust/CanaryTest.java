package dev.plinth.acceptance.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.trust.attester.TpmProcess;
import dev.plinth.wire.secrets.v1.ImportRequest;
import dev.plinth.wire.secrets.v1.ListRequest;
import dev.plinth.wire.secrets.v1.SetPolicyRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A secret that one of three servers takes in and gives out is searched for in all that they leave behind: logs, data, the crash file of
 * that server, and the whole heaps of the two others, which have the root key and keep the secret, sealed.
 */
@Timeout(300)
class CanaryTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final int CALL_SECONDS = 10;
    private static final String NAME = "bank/disk/name-that-is-no-secret";
    private static final byte[] CANARY =
            "canary-9c41f7-nowhere-but-with-whom-it-is-for".getBytes(StandardCharsets.US_ASCII);
    private static final String ACTOR = "test";
    private static final int CHUNK_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    private List<TrustServer> members = List.of();

    @BeforeEach
    void open() throws IOException {
        assumeTrue(Files.isExecutable(TpmProcess.PROGRAM), "swtpm is not installed");
        members = TrustCluster.withRootFile(folder, CALL_SECONDS);
        members.forEach(TrustServer::awaitUnsealed);
    }

    @AfterEach
    void close() {
        members.forEach(TrustServer::close);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(said).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    /** All of it, what nobody refers to any more too. */
    private Path heap(TrustServer member, String name) throws IOException, InterruptedException {
        var file = folder.resolve("heap-" + name + ".hprof");
        run(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(member.process.pid()),
                "GC.heap_dump",
                "-all",
                file.toString());
        return file;
    }

    private static boolean contains(Path file, String wanted) throws IOException {
        var chunk = ByteBuffer.allocate(CHUNK_BYTES);
        try (var channel = FileChannel.open(file)) {
            var before = "";
            while (channel.read(chunk.clear()) >= 0) {
                var text = before + new String(chunk.array(), 0, chunk.position(), StandardCharsets.ISO_8859_1);
                if (text.contains(wanted)) {
                    return true;
                }
                before = text.substring(Math.max(0, text.length() - wanted.length()));
            }
        }
        return false;
    }

    /** As it is, as two bytes a character, in Base64 and in hexadecimal digits of either case. */
    private static List<String> forms() {
        var text = new String(CANARY, StandardCharsets.US_ASCII);
        return List.of(
                text,
                new String(text.getBytes(StandardCharsets.UTF_16LE), StandardCharsets.ISO_8859_1),
                Base64.getEncoder().withoutPadding().encodeToString(CANARY),
                HexFormat.of().formatHex(CANARY),
                HexFormat.of().withUpperCase().formatHex(CANARY));
    }

    private void exercise(TrustServer member, TpmAttester tpm) throws Exception {
        member.secrets()
                .import_(ImportRequest.newBuilder()
                        .setName(NAME)
                        .setAlgorithm("opaque")
                        .setExportable(true)
                        .setSecret(ByteString.copyFrom(CANARY))
                        .setActor(ACTOR)
                        .build());
        var _ = member.secrets().vouch(TrustServer.vouching(tpm, ACTOR));
        for (var condition : List.of("evidence == 'sgx'", "evidence == 'tpm'")) {
            member.secrets()
                    .setPolicy(SetPolicyRequest.newBuilder()
                            .setSubject(NAME)
                            .setCondition(condition)
                            .setActor(ACTOR)
                            .build());
            try (var broker = member.broker()) {
                broker.attest("tpm", tpm::trusteeEvidence);
                if (condition.contains("tpm")) {
                    assertThat(broker.secret(NAME)).isEqualTo(CANARY);
                } else {
                    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> broker.secret(NAME)))
                            .isNotNull();
                }
            }
        }
    }

    private static boolean isThere(TrustServer member) {
        try {
            return member.secrets().list(ListRequest.getDefaultInstance()).getSecretsList().stream()
                    .anyMatch(secret -> secret.getName().equals(NAME));
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    @Test
    void a_secret_is_in_no_log_no_crash_file_no_data_and_no_other_servers_heap() throws Exception {
        var taker = members.getFirst();
        try (var swtpm = new TpmProcess(folder.resolve("tpm"));
                var tpm = TpmAttester.of(swtpm.device().open())) {
            exercise(taker, tpm);
        }
        await().atMost(LONG).until(() -> members.stream().allMatch(CanaryTest::isThere));
        var heaps = List.of(heap(members.get(1), "b"), heap(members.get(2), "c"));
        for (var heap : heaps) {
            assertThat(contains(heap, NAME))
                    .as("the search finds what is there")
                    .isTrue();
        }

        run("kill", "-SEGV", Long.toString(taker.process.pid()));
        taker.process.awaitEnd();
        var crash = folder.resolve("hs_err_" + taker.process.pid() + ".log");
        assertThat(crash).isNotEmptyFile();
        members.forEach(member -> member.process.kill());

        var control = Files.write(folder.resolve("control"), CANARY);
        assertThat(contains(control, forms().getFirst())).isTrue();
        Files.delete(control);
        List<String> found = new ArrayList<>();
        List<Path> searched = new ArrayList<>();
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                searched.add(file);
                for (var form : forms()) {
                    if (contains(file, form)) {
                        found.add(file + ": " + form);
                    }
                }
            }
        }
        assertThat(searched).contains(crash, folder.resolve("servers.log")).containsAll(heaps);
        assertThat(found).isEmpty();
    }
}
