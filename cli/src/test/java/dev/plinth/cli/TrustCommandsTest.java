package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code plinth trust} and {@code plinth identity} against a server of their own. */
@Timeout(120)
class TrustCommandsTest {
    private static final Listen ANY = new Listen("127.0.0.1", 0);
    private static final String ID = "spiffe://example.org/host-7";

    @TempDir
    private Path folder;

    private PlinthServer server;

    @BeforeEach
    void open() throws IOException {
        server = PlinthServer.start(ServerConfiguration.alone(folder.resolve("data"), ANY, ANY, Optional.empty())
                .with(TrustConfiguration.of("example.org")));
        await().untilAsserted(() -> assertThat(said("trust")).contains("signing"));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private Ran run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", server.http().toString()));
        if (arguments[0].equals("trust")) {
            all.addAll(List.of(
                    "--token", TrustConfiguration.token(folder.resolve("data")).toString()));
        }
        return Ran.of(all);
    }

    private String said(String... arguments) {
        return run(arguments).well();
    }

    private X509Certificate leaf(Path identity) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(identity.resolve("svid.pem"))));
    }

    @Test
    void a_machine_gets_an_identity_with_a_join_token_and_renews_it_without() throws Exception {
        var token = Files.writeString(folder.resolve("token"), said("trust", "join-token", "host-7"));
        said("trust", "entry", "host-7", "--id", ID, "--selector", "join-token:host-7", "--owner", "ann");
        var identity = folder.resolve("identity");

        assertThat(said("identity", "--id", ID, "--join-token", token.toString(), "--out", identity.toString()))
                .contains(ID + " until ", "by entry host-7@1");
        var first = leaf(identity);
        assertThat(first.getSubjectAlternativeNames().iterator().next().get(1)).isEqualTo(ID);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(identity.resolve("svid_key.pem"))))
                .isEqualTo("rw-------");
        assertThat(Files.readString(identity.resolve("bundle.pem"))).contains("BEGIN CERTIFICATE");

        said("identity", "--id", ID, "--join-token", token.toString(), "--out", identity.toString());
        assertThat(leaf(identity).getPublicKey()).isNotEqualTo(first.getPublicKey());

        var thief = folder.resolve("thief");
        assertThat(run("identity", "--id", ID, "--join-token", token.toString(), "--out", thief.toString())
                        .failed(1))
                .contains("join token host-7: it was used already, by another key");

        assertThat(said("trust", "attestors"))
                .contains("join token", "host-7", "in use")
                .doesNotContain(Files.readString(token).strip());
        said("trust", "join-token", "host-7", "--remove");
        assertThat(run("identity", "--id", ID, "--join-token", token.toString(), "--out", identity.toString())
                        .failed(1))
                .contains("came by a join token which is still there");
    }

    @Test
    void roots_and_clusters_come_and_go_and_mistakes_are_named() throws Exception {
        said("trust", "root", "tpm", "ab".repeat(32), "--owner", "ann");
        assertThat(said("trust", "attestors")).contains("root", "tpm " + "ab".repeat(32), "owner ann");
        said("trust", "root", "tpm", "ab".repeat(32), "--remove");
        assertThat(said("trust", "attestors")).doesNotContain("tpm");

        assertThat(run("trust", "root", "acme", "ab".repeat(32)).failed(1)).contains("vendor: expected one of intel");
        var keys = Files.writeString(folder.resolve("keys"), "{\"keys\":[]}");
        assertThat(run("trust", "k8s", "prod", "--issuer", "https://k", "--jwks", keys.toString())
                        .failed(1))
                .contains("keys of cluster prod: expected public RSA or EC keys");
        assertThat(run("trust", "entry", "x", "--id", ID, "--selector", "k8s:prod", "--owner", "ann")
                        .failed(1))
                .contains("selector of x: expected", "found 'k8s:prod'");
        assertThat(run("identity", "--id", ID, "--out", folder.resolve("none").toString())
                        .failed(1))
                .contains("expected a proof: --join-token, --kubernetes-token or --tpm");
    }
}
