package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditFolder;
import dev.plinth.trust.audit.AuditHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AuditFolderTest {
    private static final Instant AT = Instant.parse("2026-06-01T00:00:00.123Z");

    @TempDir
    private Path folder;

    private final List<AuditEntry> chain = new ArrayList<>();

    private List<AuditEntry> entries(int count) {
        var head = AuditHead.EMPTY;
        for (int i = 1; i <= count; i++) {
            var entry = AuditEntry.after(head.hash(), i, AT, "ann", "release", "a/b/c@" + i, "by policy \"é\" \\ *@1");
            chain.add(entry);
            head = new AuditHead(i, entry.hash());
        }
        return chain;
    }

    private static ECKey key() throws Exception {
        return new ECKeyGenerator(Curve.P_256).keyID("k").generate();
    }

    private Path file() throws IOException {
        try (var files = Files.list(folder)) {
            return files.findFirst().orElseThrow();
        }
    }

    @Test
    void a_log_that_is_as_it_was_written_verifies_and_goes_on_after_a_restart_and_a_half_line() throws Exception {
        var key = key();
        try (var log = AuditFolder.open(folder)) {
            log.append(entries(3).subList(0, 2));
            log.checkpoint(key, AT);
        }
        Files.writeString(file(), "{\"sequence\":3,\"at\":", StandardOpenOption.APPEND);
        try (var log = AuditFolder.open(folder)) {
            assertThat(log.head().sequence()).isEqualTo(2);
            log.append(chain);
            log.checkpoint(key, AT);
            log.checkpoint(key, AT);
        }
        var report = AuditFolder.verify(folder, Optional.of(key.toPublicJWK()));
        assertThat(report.problems()).isEmpty();
        assertThat(report.entries()).isEqualTo(3);
        assertThat(report.checkpoints()).isEqualTo(2);
        assertThat(report.head().hash()).isEqualTo(chain.getLast().hash());
    }

    @Test
    void a_log_that_is_written_on_meanwhile_is_looked_at_as_far_as_it_was() throws Exception {
        try (var log = AuditFolder.open(folder)) {
            log.append(entries(3).subList(0, 2));
            var extent = log.extent();
            log.append(chain);
            Files.writeString(file(), "{\"sequence\":4,\"at", StandardOpenOption.APPEND);

            var report = AuditFolder.verify(folder, Optional.empty(), extent);
            assertThat(report.problems()).isEmpty();
            assertThat(report.entries()).isEqualTo(2);
            assertThat(AuditFolder.verify(folder, Optional.empty()).problems()).isNotEmpty();
        }
    }

    @Test
    void each_changed_byte_of_an_entry_or_a_checkpoint_is_noticed() throws Exception {
        var key = key();
        try (var log = AuditFolder.open(folder)) {
            log.append(entries(2));
            log.checkpoint(key, AT);
        }
        var file = file();
        var whole = Files.readAllBytes(file);
        // But for the last one, the end of the last line.
        for (int i = 0; i < whole.length - 1; i++) {
            var changed = whole.clone();
            changed[i] = (byte) (changed[i] == '5' ? '6' : '5');
            Files.write(file, changed);
            assertThat(problems(key)).as("byte %d", i).isNotEmpty();
        }
    }

    private List<String> problems(ECKey key) {
        try {
            return AuditFolder.verify(folder, Optional.of(key)).problems();
        } catch (IOException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    @Test
    void lines_that_are_taken_out_swapped_or_made_anew_are_noticed() throws Exception {
        var key = key();
        try (var log = AuditFolder.open(folder)) {
            log.append(entries(3));
            log.checkpoint(key, AT);
        }
        var lines = Files.readAllLines(file());
        Files.write(file(), List.of(lines.get(0), lines.get(2), lines.get(3)));
        assertThat(problems(key)).first().asString().contains(":2: expected entry 2, found 3");
        assertThatThrownBy(() -> AuditFolder.open(folder)).hasMessageContaining("does not verify");

        Files.write(file(), List.of(lines.get(1), lines.get(0), lines.get(2), lines.get(3)));
        assertThat(problems(key)).isNotEmpty();

        Files.delete(file());
        chain.clear();
        try (var log = AuditFolder.open(folder)) {
            log.append(List.of(AuditEntry.after(AuditEntry.BEFORE_ALL, 1, AT, "eve", "release", "nothing", "")));
            log.checkpoint(key(), AT);
        }
        assertThat(problems(key)).singleElement().asString().contains("is not signed by key");
    }

    @Test
    void a_gap_is_written_down_and_what_follows_is_held_together_by_the_next_checkpoint() throws Exception {
        var key = key();
        try (var log = AuditFolder.open(folder)) {
            log.append(entries(9).subList(0, 2));
            log.append(chain.subList(6, 9));
            log.checkpoint(key, AT);
        }
        var report = AuditFolder.verify(folder, Optional.of(key));
        assertThat(report.problems()).isEmpty();
        assertThat(report.missing()).isEqualTo(4);
        assertThat(report.head()).isEqualTo(new AuditHead(9, chain.getLast().hash()));
        assertThat(ByteString.EMPTY).isNotEqualTo(report.head().hash());
    }

    @Test
    void the_log_of_a_server_is_on_its_disk_with_checkpoints_and_goes_on_after_a_restart() throws Exception {
        try (var world = SecretsWorld.inFile(folder.resolve("data"))) {
            var name = ResourceName.parse("a/b/c");
            var audit = folder.resolve("audit");
            Awaitility.await().until(() -> !world.secrets.status().join().isSealed());
            try (var _ = AuditWriter.open(world.secrets, audit, world.clock)) {
                world.secrets
                        .generate(name, SecretAlgorithm.AES_256, false, "ann")
                        .join();
            }
            world.restart();
            Awaitility.await().until(() -> !world.secrets.status().join().isSealed());
            try (var _ = AuditWriter.open(world.secrets, audit, world.clock)) {
                world.secrets.rotate(name, "ann").join();
            }
            var report =
                    AuditFolder.verify(audit, world.secrets.publicTokenKey().join());
            assertThat(report.problems()).isEmpty();
            assertThat(report.head()).isEqualTo(world.secrets.auditHead().join());
            assertThat(report.checkpointSequence()).isEqualTo(report.head().sequence());
        }
    }
}
