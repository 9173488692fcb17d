package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.FaultyStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaftDoorTest {
    @TempDir
    private static Path identities;

    private static RaftTls tls;
    private static RaftTls stranger;

    @TempDir
    Path directory;

    @BeforeAll
    static void identities() throws Exception {
        tls = identity("members");
        stranger = identity("stranger");
    }

    /** A certificate that is its own authority, and its key. */
    private static RaftTls identity(String name) throws Exception {
        var store = identities.resolve(name + ".p12");
        var keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "BasicConstraints:critical=ca:true",
                        "-validity",
                        "1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        assertThat(keytool.waitFor())
                .as(new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isZero();
        var keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        var certificate =
                pem(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded());
        var key = pem(
                name + ".key",
                "PRIVATE KEY",
                keys.getKey(name, "changeit".toCharArray()).getEncoded());
        return new RaftTls.Files(certificate, key, certificate);
    }

    private static Path pem(String file, String type, byte[] bytes) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return Files.writeString(
                identities.resolve(file), "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
    }

    @Test
    void off_the_loopback_it_does_not_open_without_tls() throws Exception {
        try (var cluster = new Cluster(directory)) {
            var member = new RaftMember("0.0.0.0", Cluster.members(1).getFirst().port());
            var disk = cluster.disk(member);

            assertThatThrownBy(() -> cluster.start(
                            cluster.options(member, List.of(member)), disk, Cluster.NO_SNAPSHOTS, List.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("needs TLS");
        }
    }

    @Test
    void a_port_that_is_taken_is_named() throws Exception {
        try (var cluster = Cluster.of(1, directory, Cluster.NO_SNAPSHOTS)) {
            var member = cluster.open.getFirst().node.self();
            var disk = new FaultyStorage();

            assertThatThrownBy(() -> cluster.start(
                            cluster.options(member, List.of(member)), disk, Cluster.NO_SNAPSHOTS, List.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(member.toString());
        }
    }

    @Test
    void with_tls_members_that_show_a_certificate_of_their_authority_are_a_cluster() throws Exception {
        try (var cluster = new Cluster(directory)) {
            var members = Cluster.members(3);
            for (var member : members) {
                cluster.start(
                        cluster.options(member, members).withTls(tls),
                        cluster.disk(member),
                        Cluster.NO_SNAPSHOTS,
                        List.of(Cluster.GROUP));
            }
            Cluster.get(cluster.follower().add("sum", 1));

            assertThat(cluster.leader().read("sum")).isEqualTo(1);
        }
    }

    @Test
    void who_has_no_certificate_or_another_one_is_not_heard() throws Exception {
        try (var cluster = new Cluster(directory)) {
            var members = Cluster.members(3);
            var options = List.of(
                    cluster.options(members.get(0), members).withTls(tls),
                    cluster.options(members.get(1), members).withTls(stranger),
                    cluster.options(members.get(2), members));
            for (var each : options) {
                cluster.start(each, cluster.disk(each.self()), Cluster.NO_SNAPSHOTS, List.of(Cluster.GROUP));
            }
            var alone = cluster.open.getFirst().add("sum", 1);

            assertThat(Cluster.failure(alone)).hasMessageContaining("has had no leader");
            assertThat(cluster.open).noneMatch(Cluster.Member::leads);
        }
    }
}
