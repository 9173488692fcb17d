package dev.plinth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import dev.plinth.kernel.FreePorts;
import dev.plinth.raft.RaftMember;
import dev.plinth.server.ClusterConfiguration.Entry;
import dev.plinth.server.backup.Archive;
import dev.plinth.server.backup.Manifest;
import dev.plinth.server.backup.StoppedServer;
import dev.plinth.wire.backup.v1.BackupsGrpc;
import dev.plinth.wire.backup.v1.TakeRequest;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import dev.plinth.wire.config.v1.ConfigKey;
import dev.plinth.wire.config.v1.ConfigsGrpc;
import dev.plinth.wire.config.v1.GetRequest;
import dev.plinth.wire.config.v1.PublishRequest;
import dev.plinth.wire.config.v1.Text;
import dev.plinth.wire.trust.v1.GetBundleRequest;
import dev.plinth.wire.trust.v1.TrustGrpc;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server has stored, out into a file and in again. */
class BackupTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final CellMap ONE_CELL =
            CellMap.evenly(ShardFunction.lastDigits(100), List.of(Cell.sharded("east", Zone.of("z1", "r"))));
    private static final ConfigKey KEY = ConfigKey.newBuilder()
            .setNamespace("public")
            .setGroup("bank")
            .setDataId("limits")
            .build();

    private static final TrustConfiguration TRUST = TrustConfiguration.of("example.org");

    /** The end of a ZIP file: its last names, and where the first is. */
    private static final int TABLE_BYTES = 200;

    @TempDir
    private Path directory;

    private Path data(String name) {
        return directory.resolve(name);
    }

    private ServerConfiguration alone(String name, Optional<CellMap> map) {
        return ServerConfiguration.alone(data(name), ANY, ANY, map);
    }

    private static void publish(PlinthServer server, String text) {
        var _ = configs(server)
                .publish(PublishRequest.newBuilder()
                        .setKey(KEY)
                        .setText(Text.newBuilder().setContent(text).setType("text"))
                        .setAuthor("test")
                        .build());
    }

    private static ConfigsGrpc.ConfigsBlockingStub configs(PlinthServer server) {
        return GrpcClients.newClient("gproto+http://" + server.http(), ConfigsGrpc.ConfigsBlockingStub.class);
    }

    private static String published(PlinthServer server) {
        var config = configs(server).get(GetRequest.newBuilder().setKey(KEY).build());
        return config.getVersions(config.getVersionsCount() - 1).getText().getContent();
    }

    private static long epoch(PlinthServer server) {
        try {
            return GrpcClients.newClient("gproto+http://" + server.http(), CellMapsGrpc.CellMapsBlockingStub.class)
                    .getCellMap(GetCellMapRequest.getDefaultInstance())
                    .getEpoch();
        } catch (StatusRuntimeException e) {
            return 0;
        }
    }

    private Path take(PlinthServer server, String name) throws IOException {
        var file = directory.resolve(name);
        StoppedServer.whole(
                file,
                out -> GrpcClients.newClient("gproto+http://" + server.http(), BackupsGrpc.BackupsBlockingStub.class)
                        .take(TakeRequest.getDefaultInstance())
                        .forEachRemaining(piece -> {
                            try {
                                piece.getBytes().writeTo(out);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        }));
        return file;
    }

    private void restore(Path file, String name) throws IOException {
        try (var archive = Archive.open(file)) {
            new StoppedServer(data(name)).restore(archive);
        }
    }

    private static List<String> hashes(Path file) throws IOException {
        try (var archive = Archive.open(file)) {
            return archive.manifest().partitions().stream()
                    .map(Manifest.PartitionPast::stateSha256)
                    .toList();
        }
    }

    @Test
    void a_backup_of_a_server_that_runs_has_what_was_acknowledged_before_it_and_nothing_after() throws Exception {
        Path file;
        try (var server = PlinthServer.start(alone("one", Optional.of(ONE_CELL)))) {
            publish(server, "before");
            file = take(server, "backup");
            publish(server, "after");
        }
        restore(file, "two");
        try (var server = PlinthServer.start(alone("two", Optional.empty()))) {
            assertThat(published(server)).isEqualTo("before");
            assertThat(epoch(server)).isEqualTo(1);
            publish(server, "goes on");
            assertThat(published(server)).isEqualTo("goes on");
        }
        try (var server = PlinthServer.start(alone("two", Optional.empty()))) {
            assertThat(published(server)).isEqualTo("goes on");
        }
    }

    @Test
    void a_backup_of_a_folder_has_all_that_its_server_stored() throws Exception {
        try (var server = PlinthServer.start(alone("one", Optional.of(ONE_CELL)))) {
            publish(server, "stored");
            assertThatThrownBy(() -> new StoppedServer(data("one")).backup(directory.resolve("no"), "test", _ -> {}))
                    .isInstanceOf(IOException.class);
        }
        var file = directory.resolve("backup");
        new StoppedServer(data("one")).backup(file, "test", _ -> {});
        restore(file, "two");
        try (var server = PlinthServer.start(alone("two", Optional.empty()))) {
            assertThat(published(server)).isEqualTo("stored");
            assertThat(epoch(server)).isEqualTo(1);
        }
        assertThat(data("two"))
                .isDirectoryNotContaining(path -> path.getFileName().toString().startsWith(".restoring"));
    }

    @Test
    void a_backup_becomes_the_first_member_of_a_cluster_and_the_folder_of_a_member_a_backup() throws Exception {
        Path file;
        try (var server = PlinthServer.start(alone("one", Optional.of(ONE_CELL)))) {
            publish(server, "of a cluster");
            file = take(server, "backup");
        }
        restore(file, "a");
        var self = place();
        var cluster = new ClusterConfiguration("a", List.of(self), Optional.empty()).entering(new Entry.Adopt());
        try (var server = PlinthServer.start(alone("a", Optional.empty()).in(cluster))) {
            await().atMost(LONG).until(() -> epoch(server) == 1);
            assertThat(published(server)).isEqualTo("of a cluster");
            publish(server, "by a member");
            var again = take(server, "of-member");
            assertThat(hashes(again)).hasSize(5);
        }
        var stopped = directory.resolve("of-folder");
        new StoppedServer(data("a")).backup(stopped, "test", _ -> {});
        restore(stopped, "three");
        try (var server = PlinthServer.start(alone("three", Optional.empty()))) {
            assertThat(published(server)).isEqualTo("by a member");
            assertThat(epoch(server)).isEqualTo(1);
        }
    }

    @Test
    void a_backup_has_the_authority_that_signs_and_is_of_no_use_without_the_root_key() throws Exception {
        Path file;
        String bundle;
        try (var server = PlinthServer.start(alone("one", Optional.empty()).with(TRUST))) {
            await().atMost(LONG).until(() -> bundle(server, "one").contains("x509-svid"));
            bundle = bundle(server, "one");
            file = take(server, "backup");
        }
        restore(file, "two");
        assertThatThrownBy(
                        () -> PlinthServer.start(alone("two", Optional.empty()).with(TRUST)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("root.key: there is no such file");
        Files.createDirectories(data("two").resolve("trust"));
        Files.copy(
                data("one").resolve("trust/root.key"),
                data("two").resolve("trust/root.key"),
                StandardCopyOption.COPY_ATTRIBUTES,
                StandardCopyOption.REPLACE_EXISTING);
        try (var server = PlinthServer.start(alone("two", Optional.empty()).with(TRUST))) {
            assertThat(bundle(server, "two")).isEqualTo(bundle);
        }
    }

    private String bundle(PlinthServer server, String name) throws IOException {
        return GrpcClients.builder("gproto+http://" + server.http())
                .addHeader(
                        "authorization",
                        "Bearer "
                                + Files.readString(TrustConfiguration.token(data(name)))
                                        .strip())
                .build(TrustGrpc.TrustBlockingStub.class)
                .getBundle(GetBundleRequest.getDefaultInstance())
                .getJwks();
    }

    @Test
    void a_backup_from_before_trust_was_stored_is_restored_and_trust_begins_with_nothing() throws Exception {
        Path file;
        try (var server = PlinthServer.start(alone("one", Optional.of(ONE_CELL)))) {
            publish(server, "old");
            file = take(server, "backup");
        }
        var old = directory.resolve("old");
        var newer = directory.resolve("newer");
        without("secrets", file, newer);
        without("trust", newer, old);
        restore(old, "two");
        try (var server = PlinthServer.start(alone("two", Optional.empty()).with(TRUST))) {
            assertThat(published(server)).isEqualTo("old");
            await().atMost(LONG).until(() -> bundle(server, "two").contains("x509-svid"));
        }
        var older = directory.resolve("older");
        without("transactions", old, older);
        assertThatThrownBy(() -> restore(older, "three"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds the partitions [cells, configuration]");
    }

    /** The same archive as a release would have written that does not know this partition. */
    private static void without(String partition, Path from, Path to) throws Exception {
        var json = new ObjectMapper();
        try (var archive = new ZipFile(from.toFile());
                var zip = new ZipOutputStream(Files.newOutputStream(to))) {
            for (var entry : Collections.list(archive.entries())) {
                if (!entry.getName().startsWith(partition + "/")
                        && !entry.getName().startsWith("manifest.")) {
                    zip.putNextEntry(new ZipEntry(entry.getName()));
                    archive.getInputStream(entry).transferTo(zip);
                }
            }
            var manifest = json.readTree(archive.getInputStream(archive.getEntry("manifest.json")));
            for (var list : List.of("partitions", "parts")) {
                var rows = manifest.get(list).iterator();
                while (rows.hasNext()) {
                    if (rows.next().get("name").asText().matches(partition + "(/.*)?")) {
                        rows.remove();
                    }
                }
            }
            var text = json.writeValueAsBytes(manifest);
            zip.putNextEntry(new ZipEntry("manifest.json"));
            zip.write(text);
            zip.putNextEntry(new ZipEntry("manifest.sha256"));
            zip.write(HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text))
                    .getBytes(StandardCharsets.UTF_8));
        }
    }

    private static ClusterConfiguration.Server place() throws IOException {
        var ports = FreePorts.find(2);
        return new ClusterConfiguration.Server(
                "a", new RaftMember("127.0.0.1", ports.get(0)), new Listen("127.0.0.1", ports.get(1)));
    }

    @Test
    void a_backup_that_is_damaged_foreign_or_cut_off_is_refused_and_so_is_a_folder_with_something_in_it()
            throws Exception {
        Path file;
        try (var server = PlinthServer.start(alone("one", Optional.of(ONE_CELL)))) {
            publish(server, "text");
            file = take(server, "backup");
        }
        byte[] whole = Files.readAllBytes(file);

        // Wherever a bit is flipped: either it is found, or nothing that counts was hit, such as the date of a part.
        int refused = 0;
        // The table at the end is hit at each byte, for there one bit leads anywhere.
        int table = whole.length - TABLE_BYTES;
        for (int at = 0; at < whole.length; at += at < table ? Math.max(1, Math.min(table / 60, table - at)) : 1) {
            byte[] bytes = whole.clone();
            bytes[at] ^= 0x10;
            var damaged = Files.write(directory.resolve("damaged"), bytes);
            try (var archive = Archive.open(damaged)) {
                assertThat(archive.manifest()).isEqualTo(manifest(file));
            } catch (IOException e) {
                assertThat(e.getMessage()).containsAnyOf("is damaged in", "is no backup");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(5);

        var cut = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> restore(cut, "two"))
                .hasMessageContaining("is no backup, or only the beginning of one");
        var foreign = directory.resolve("foreign.zip");
        try (var zip = new ZipOutputStream(Files.newOutputStream(foreign))) {
            zip.putNextEntry(new ZipEntry("readme"));
            zip.write("hello".getBytes(StandardCharsets.UTF_8));
        }
        assertThatThrownBy(() -> restore(foreign, "two")).hasMessageContaining("is no backup of plinth");
        assertThat(data("two")).doesNotExist();

        assertThatThrownBy(() -> restore(file, "one")).hasMessageContaining("is not empty");
    }

    private static Manifest manifest(Path file) throws IOException {
        try (var archive = Archive.open(file)) {
            return archive.manifest();
        }
    }
}
