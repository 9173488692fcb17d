package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import java.net.Socket;
import java.security.KeyPair;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** By what the servers of one trust domain know one another before any of them has read its journal. Safe for many threads. */
public final class ServerIdentity {
    /*
     * The authorities that sign for workloads live in the journal, and in a cluster the journal needs the connections between the servers
     * first. So servers have an authority of their own: its key follows from the root key, which each of them has anyway (whoever has it can
     * open all other authorities' keys too). Each server makes itself a key in memory, and a certificate for it with the identity
     * spiffe://DOMAIN/plinth/server/NAME; nothing of it is on a disk.
     *
     * This authority is in no bundle: workloads do not take a server's certificate for an identity, and a workload's identity, though it is of
     * the same domain, opens no server's port.
     *
     * There is no revocation. To put a server out for good, its cluster needs another root key. While root keys change there is an authority
     * of each: both are believed, and a server shows a certificate of one by lot. So every other attempt to connect to a server that has only
     * one of them succeeds, whichever it is.
     */
    static final Duration LIFE = Duration.ofHours(24);

    /** Hosts' clocks may differ by so much. */
    static final Duration BACKDATED = Duration.ofHours(1);

    private static final String PATH = "/plinth/server/";
    private static final String PURPOSE = "plinth servers' authority 1";
    private static final String KIND = "EC";

    private final SpiffeId id;
    private final Clock clock;
    private final SecureRandom random;
    /** Of each root key, that in force first. Replaced as a whole. */
    private volatile List<Shown> authorities;

    /** Guarded by this: those before, for handshakes that are under way. */
    private List<Shown> former = List.of();

    /** Guarded by this. */
    private long made;

    private ServerIdentity(SpiffeId id, List<FileRootKey> roots, Clock clock, SecureRandom random) {
        this.id = id;
        this.clock = clock;
        this.random = random;
        this.authorities = shown(roots);
    }

    /**
     * The identity of one server.
     *
     * @param roots the domain's root keys that are there, that in force first, the same on all of its servers
     * @param name of the server, as the cluster's configuration has it
     */
    public static ServerIdentity of(
            String domain, String name, List<FileRootKey> roots, Clock clock, SecureRandom random) {
        return new ServerIdentity(new SpiffeId(domain, PATH + name), roots, clock, random);
    }

    private List<Shown> shown(List<FileRootKey> roots) {
        return roots.stream().map(root -> new Shown(authority(root))).toList();
    }

    private KeyPair authority(FileRootKey root) {
        // A label that names the domain: with a root key that two domains share by mistake, they still are strangers.
        var seed = root.derive(PURPOSE + " of " + id.trustDomain(), EcKeys.SEED_BYTES);
        try {
            return EcKeys.of(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /** These root keys are there now, that in force first. */
    public synchronized void roots(List<FileRootKey> roots) {
        var others = shown(roots);
        var now = authorities.stream().map(Shown::publicKey).toList();
        if (!others.stream().map(Shown::publicKey).toList().equals(now)) {
            former = authorities;
            authorities = others;
        }
    }

    /** What this server calls itself. */
    public SpiffeId id() {
        return id;
    }

    private record Certified(String alias, X509Certificate certificate, PrivateKey key, Instant until) {}

    /** What is shown with one authority's signature. Guarded by the identity. */
    private final class Shown {
        private final KeyPair authority;

        /** The newest; a handshake that began with the one before ends with it. */
        private Optional<Certified> newest = Optional.empty();

        private Optional<Certified> before = Optional.empty();

        Shown(KeyPair authority) {
            this.authority = authority;
        }

        PublicKey publicKey() {
            return authority.getPublic();
        }

        private Certified current(Instant now) {
            if (newest.isEmpty() || !now.isBefore(newest.get().until())) {
                var keys = EcKeys.make(random);
                var from = now.minus(BACKDATED);
                var to = now.plus(LIFE);
                var issuer = SvidCertificates.read(SvidCertificates.authority(
                        id.trustDomain(), authority.getPublic(), authority.getPrivate(), from, to, random));
                var leaf = SvidCertificates.parse(
                        SvidCertificates.leaf(id, keys.getPublic(), issuer, authority.getPrivate(), from, to, random));
                made++;
                before = newest;
                newest = Optional.of(
                        new Certified(Long.toString(made), leaf, keys.getPrivate(), now.plus(LIFE.dividedBy(2))));
            }
            return newest.get();
        }

        private Optional<Certified> find(String alias) {
            return newest.filter(one -> one.alias().equals(alias))
                    .or(() -> before.filter(one -> one.alias().equals(alias)));
        }
    }

    private synchronized Certified current() {
        var all = authorities;
        return all.get(random.nextInt(all.size())).current(clock.wall());
    }

    private synchronized Optional<Certified> find(String alias) {
        return Stream.concat(authorities.stream(), former.stream())
                .flatMap(one -> one.find(alias).stream())
                .findFirst();
    }

    /** What this server shows, made anew when half of its life is over. */
    public X509ExtendedKeyManager keys() {
        return new Keys();
    }

    /** Believes the servers of this domain, by whatever address they are reached. */
    public X509ExtendedTrustManager servers() {
        return new Servers();
    }

    private final class Keys extends X509ExtendedKeyManager {
        @Override
        public String @Nullable [] getClientAliases(String kind, Principal @Nullable [] issuers) {
            return kind.equals(KIND) ? new String[] {current().alias()} : null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] kinds, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return Arrays.asList(kinds).contains(KIND) ? current().alias() : null;
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] kinds, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return chooseClientAlias(kinds, issuers, null);
        }

        @Override
        public String @Nullable [] getServerAliases(String kind, Principal @Nullable [] issuers) {
            return getClientAliases(kind, issuers);
        }

        @Override
        public @Nullable String chooseServerAlias(
                String kind, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return kind.equals(KIND) ? current().alias() : null;
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String kind, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return chooseServerAlias(kind, issuers, null);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return find(alias)
                    .map(one -> new X509Certificate[] {one.certificate()})
                    .orElse(null);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return find(alias).map(Certified::key).orElse(null);
        }
    }

    private final class Servers extends X509ExtendedTrustManager {
        private void check(X509Certificate[] chain) throws CertificateException {
            var certificate = encoded(chain[0]);
            var own = authorities.stream()
                    .flatMap(one -> SvidCertificates.signedBy(one.publicKey(), certificate, clock.wall()).stream())
                    .findFirst()
                    .orElseThrow(() -> new CertificateException("expected a certificate that the servers' authority of "
                            + id.trustDomain() + " has signed, found one of " + chain[0].getIssuerX500Principal()));
            if (!own.id().trustDomain().equals(id.trustDomain())
                    || !own.id().path().startsWith(PATH)) {
                throw new CertificateException(
                        "expected spiffe://" + id.trustDomain() + PATH + "..., found " + own.id());
            }
        }

        private static ByteString encoded(X509Certificate certificate) throws CertificateEncodingException {
            return ByteString.copyFrom(certificate.getEncoded());
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** Says nothing of keys. */
    @Override
    public String toString() {
        return id.toString();
    }
}
