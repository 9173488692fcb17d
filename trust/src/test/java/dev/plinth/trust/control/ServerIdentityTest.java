package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServerIdentityTest {
    private static final String DOMAIN = "example.org";

    /** A wall that is set, and no alarms. */
    private static final class SetClock implements Clock {
        private volatile Instant now = Instant.now();

        @Override
        public Instant wall() {
            return now;
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public Alarm schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException("nothing is scheduled here");
        }
    }

    @TempDir
    private Path folder;

    private final SecureRandom random = new SecureRandom();
    private final SetClock clock = new SetClock();
    private FileRootKey root;
    private FileRootKey another;

    @BeforeEach
    void makeRoots() throws Exception {
        root = key("root.key");
        another = key("another.key");
    }

    private FileRootKey key(String name) throws Exception {
        FileRootKey.make(folder.resolve(name), random);
        return FileRootKey.open(folder.resolve(name), random);
    }

    private ServerIdentity server(String domain, String name, FileRootKey key) {
        return ServerIdentity.of(domain, name, List.of(key), clock, random);
    }

    @Test
    void while_root_keys_change_a_server_reaches_those_that_have_either_and_after_it_the_new_one_alone()
            throws Exception {
        var changing = ServerIdentity.of("example.org", "a", List.of(root, another), clock, random);
        var before = server("example.org", "b", root);
        var after = server("example.org", "c", another);
        for (var other : List.of(before, after)) {
            // One of two is shown by lot; that none of so many is the right one does not happen.
            assertThat(IntStream.range(0, 200).anyMatch(_ -> hears(changing, other)))
                    .isTrue();
            assertThat(IntStream.range(0, 200).anyMatch(_ -> hears(other, changing)))
                    .isTrue();
        }
        changing.roots(List.of(another));
        assertThat(hears(changing, after)).isTrue();
        assertThat(hears(changing, before)).isFalse();
    }

    /** Whether the client gets through to the server. */
    private static boolean hears(ServerIdentity client, ServerIdentity server) {
        try {
            return !connect(tls(client.keys(), client.servers()), tls(server.keys(), server.servers()))
                    .isEmpty();
        } catch (Exception e) {
            return false;
        }
    }

    private static SSLContext tls(X509ExtendedKeyManager keys, TrustManager believed) throws GeneralSecurityException {
        var context = SSLContext.getInstance("TLSv1.3");
        context.init(new X509ExtendedKeyManager[] {keys}, new TrustManager[] {believed}, null);
        return context;
    }

    private static String uri(javax.net.ssl.SSLSession session) throws Exception {
        return String.valueOf(((X509Certificate) session.getPeerCertificates()[0])
                .getSubjectAlternativeNames()
                .iterator()
                .next()
                .get(1));
    }

    /** What either side sees of the other: first the client. */
    private static List<String> connect(SSLContext client, SSLContext server) throws Exception {
        try (var listening = (SSLServerSocket)
                server.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listening.setNeedClientAuth(true);
            var seen = new CompletableFuture<String>();
            var accepting = Thread.startVirtualThread(() -> {
                try (var accepted = (SSLSocket) listening.accept()) {
                    accepted.startHandshake();
                    accepted.getOutputStream().write(1);
                    seen.complete(uri(accepted.getSession()));
                } catch (Exception e) {
                    seen.completeExceptionally(e);
                }
            });
            try (var socket = (SSLSocket) client.getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), listening.getLocalPort())) {
                socket.startHandshake();
                // In TLS 1.3 a client knows that it was believed when it hears something.
                assertThat(socket.getInputStream().read()).isOne();
                return List.of(seen.get(), uri(socket.getSession()));
            } finally {
                accepting.join();
            }
        }
    }

    private static List<String> connect(ServerIdentity client, ServerIdentity server) throws Exception {
        return connect(tls(client.keys(), client.servers()), tls(server.keys(), server.servers()));
    }

    @Test
    void servers_with_one_root_key_know_one_another_without_having_met() throws Exception {
        assertThat(connect(server(DOMAIN, "a", root), server(DOMAIN, "b", root)))
                .containsExactly("spiffe://example.org/plinth/server/a", "spiffe://example.org/plinth/server/b");
    }

    @Test
    void another_root_key_or_another_domain_is_a_stranger() {
        var own = server(DOMAIN, "a", root);
        for (var stranger : List.of(server(DOMAIN, "b", another), server("example.com", "b", root))) {
            assertThatThrownBy(() -> connect(own, stranger))
                    .hasStackTraceContaining(
                            "expected a certificate that the servers' authority of example.org has signed");
            assertThatThrownBy(() -> connect(stranger, own)).isInstanceOf(Exception.class);
        }
    }

    @Test
    void a_workloads_identity_is_no_servers_even_if_it_is_called_like_one() throws Exception {
        var authority = EcKeys.make(random);
        var issuer = SvidCertificates.read(SvidCertificates.authority(
                DOMAIN,
                authority.getPublic(),
                authority.getPrivate(),
                clock.wall(),
                clock.wall().plusSeconds(60),
                random));
        var leaf = leaf(server(DOMAIN, "a", root).id(), issuer, authority);

        assertThatThrownBy(() ->
                        server(DOMAIN, "b", root).servers().checkClientTrusted(new X509Certificate[] {leaf}, "EC"))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("the servers' authority of example.org");
    }

    private X509Certificate leaf(SpiffeId id, X509CertificateHolder issuer, KeyPair by) {
        ByteString der = SvidCertificates.leaf(
                id,
                EcKeys.make(random).getPublic(),
                issuer,
                by.getPrivate(),
                clock.wall(),
                clock.wall().plusSeconds(60),
                random);
        return SvidCertificates.parse(der);
    }

    @Test
    void it_is_made_anew_before_it_ends_and_one_that_has_ended_is_refused() throws Exception {
        var a = server(DOMAIN, "a", root);
        var b = server(DOMAIN, "b", root);
        var first = a.keys().getCertificateChain(a.keys().chooseClientAlias(new String[] {"EC"}, null, null));

        clock.now = clock.now.plus(ServerIdentity.LIFE.dividedBy(2)).plusSeconds(1);
        var second = a.keys().getCertificateChain(a.keys().chooseClientAlias(new String[] {"EC"}, null, null));
        assertThat(second[0]).isNotEqualTo(first[0]);
        b.servers().checkClientTrusted(first, "EC");
        b.servers().checkClientTrusted(second, "EC");

        clock.now = clock.now.plus(ServerIdentity.LIFE.dividedBy(2));
        assertThatThrownBy(() -> b.servers().checkClientTrusted(first, "EC")).isInstanceOf(CertificateException.class);
        b.servers().checkClientTrusted(second, "EC");
    }

    @Test
    void hosts_clocks_may_differ_by_an_hour() throws Exception {
        var a = server(DOMAIN, "a", root);
        var shown = a.keys().getCertificateChain(a.keys().chooseClientAlias(new String[] {"EC"}, null, null));
        clock.now = clock.now.minus(ServerIdentity.BACKDATED).plusSeconds(1);

        server(DOMAIN, "b", root).servers().checkServerTrusted(shown, "EC");
    }
}
