package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.server.Listen;
import dev.plinth.server.PlinthServer;
import dev.plinth.server.ServerConfiguration;
import dev.plinth.server.TrustConfiguration;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
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
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    @BeforeEach
    void open() throws IOException {
        server = PlinthServer.start(ServerConfiguration.alone(folder.resolve("data"), ANY, ANY, Optional.empty())
                .with(TrustConfiguration.of("example.org")));
        await().until(() -> run("trust") == 0 && out.toString().contains("signing"));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private int run(String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", server.http().toString()));
        if (arguments[0].equals("trust")) {
            all.addAll(List.of(
                    "--token", TrustConfiguration.token(folder.resolve("data")).toString()));
        }
        return Plinth.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }

    private void done(String... arguments) {
        assertThat(run(arguments)).as(err.toString()).isZero();
    }

    private X509Certificate leaf(Path identity) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(identity.resolve("svid.pem"))));
    }

    @Test
    void a_machine_gets_an_identity_with_a_join_token_and_renews_it_without() throws Exception {
        done("trust", "join-token", "host-7");
        var token = Files.writeString(folder.resolve("token"), out.toString());
        done("trust", "entry", "host-7", "--id", ID, "--selector", "join-token:host-7", "--owner", "ann");
        var identity = folder.resolve("identity");

        done("identity", "--id", ID, "--join-token", token.toString(), "--out", identity.toString());
        assertThat(out.toString()).contains(ID + " until ", "by entry host-7@1");
        var first = leaf(identity);
        assertThat(first.getSubjectAlternativeNames().iterator().next().get(1)).isEqualTo(ID);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(identity.resolve("svid_key.pem"))))
                .isEqualTo("rw-------");
        assertThat(Files.readString(identity.resolve("bundle.pem"))).contains("BEGIN CERTIFICATE");

        done("identity", "--id", ID, "--join-token", token.toString(), "--out", identity.toString());
        assertThat(leaf(identity).getPublicKey()).isNotEqualTo(first.getPublicKey());

        var thief = folder.resolve("thief");
        assertThat(run("identity", "--id", ID, "--join-token", token.toString(), "--out", thief.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("join token host-7: it was used already, by another key");

        done("trust", "attestors");
        assertThat(out.toString())
                .contains("join token", "host-7", "in use")
                .doesNotContain(Files.readString(token).strip());
        done("trust", "join-token", "host-7", "--remove");
        assertThat(run("identity", "--id", ID, "--join-token", token.toString(), "--out", identity.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("came by a join token which is still there");
    }

    @Test
    void roots_and_clusters_come_and_go_and_mistakes_are_named() throws Exception {
        done("trust", "root", "tpm", "ab".repeat(32), "--owner", "ann");
        done("trust", "attestors");
        assertThat(out.toString()).contains("root", "tpm " + "ab".repeat(32), "owner ann");
        done("trust", "root", "tpm", "ab".repeat(32), "--remove");
        done("trust", "attestors");
        assertThat(out.toString()).doesNotContain("tpm");

        assertThat(run("trust", "root", "acme", "ab".repeat(32))).isEqualTo(1);
        assertThat(err.toString()).contains("vendor: expected one of intel");
        var keys = Files.writeString(folder.resolve("keys"), "{\"keys\":[]}");
        assertThat(run("trust", "k8s", "prod", "--issuer", "https://k", "--jwks", keys.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("keys of cluster prod: expected public RSA or EC keys");
        assertThat(run("trust", "entry", "x", "--id", ID, "--selector", "k8s:prod", "--owner", "ann"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("selector of x: expected", "found 'k8s:prod'");
        assertThat(run("identity", "--id", ID, "--out", folder.resolve("none").toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("expected a proof: --join-token, --kubernetes-token or --tpm");
    }
}
