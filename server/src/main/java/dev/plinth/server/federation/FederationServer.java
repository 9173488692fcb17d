package dev.plinth.server.federation;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.TlsProvider;
import com.linecorp.armeria.server.Server;
import dev.plinth.kernel.Clock;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.SpiffeId;
import dev.plinth.trust.control.Trust;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Publishes this domain's bundle for others (SPIFFE_Federation.md, 5): over TLS, with an identity of this domain. */
public final class FederationServer implements AutoCloseable {
    /*
     * Profile https_spiffe: whoever has this domain's bundle of yesterday can tell that the one of today comes from here, and needs no
     * authority of the web for it. Its own identity is made anew when half of it is over, or another authority signs.
     */
    static final String PATH = "/plinth/federation";
    private static final Duration STOP_GRACE = Duration.ofSeconds(1);

    private final Trust trust;
    private final Clock clock;
    private final Server server;

    /** Guarded by this: what the next connection is shown. */
    private Optional<Shown> shown = Optional.empty();

    private record Shown(long signer, Instant until, TlsKeyPair keys) {}

    private FederationServer(Trust trust, Clock clock, InetSocketAddress listen) {
        this.trust = trust;
        this.clock = clock;
        this.server = Server.builder()
                .https(listen)
                .tlsProvider(new TlsProvider() {
                    @Override
                    public TlsKeyPair keyPair(String hostname) {
                        return keys();
                    }
                })
                .gracefulShutdownTimeout(Duration.ZERO, STOP_GRACE)
                .service(
                        "/",
                        (_, request) -> request.method() == HttpMethod.GET
                                ? HttpResponse.of(trust.identities().thenApply(FederationServer::bundle))
                                : HttpResponse.of(HttpStatus.METHOD_NOT_ALLOWED))
                .build();
    }

    /**
     * Listens.
     *
     * @throws IOException if the port is taken
     */
    public static FederationServer open(Trust trust, Clock clock, InetSocketAddress listen) throws IOException {
        var server = new FederationServer(trust, clock, listen);
        try {
            server.server.start().join();
        } catch (CompletionException e) {
            throw new IOException("trust.federation.listen: cannot listen on " + listen + ": " + e.getCause(), e);
        }
        return server;
    }

    private synchronized TlsKeyPair keys() {
        // A handshake must not wait for the engine: what was seen last is good enough to sign with.
        var identities = trust.seen();
        var now = clock.wall();
        if (shown.filter(one -> one.signer() == identities.signer() && now.isBefore(one.until()))
                .isPresent()) {
            return shown.get().keys();
        }
        var domain = identities.domain().orElseThrow(() -> new IllegalStateException("there is no trust domain yet"));
        var svid = trust.issuer().forServer(identities, new SpiffeId(domain.name(), PATH), now);
        var made = new Shown(
                identities.signer(),
                now.plus(Duration.between(now, svid.notAfter()).dividedBy(2)),
                TlsKeyPair.of(svid.key(), svid.certificate()));
        shown = Optional.of(made);
        return made.keys();
    }

    private static HttpResponse bundle(Identities identities) {
        try {
            return HttpResponse.of(HttpStatus.OK, MediaType.JSON_UTF_8, Bundles.published(identities));
        } catch (IllegalStateException e) {
            return HttpResponse.of(
                    HttpStatus.SERVICE_UNAVAILABLE, MediaType.PLAIN_TEXT_UTF_8, String.valueOf(e.getMessage()));
        }
    }

    /** The port that was opened. */
    public int port() {
        return server.activeLocalPort();
    }

    @Override
    public void close() {
        server.close();
    }
}
