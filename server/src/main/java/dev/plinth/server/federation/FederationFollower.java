package dev.plinth.server.federation;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.control.BundleEndpoint;
import dev.plinth.trust.control.Bundles;
import dev.plinth.trust.control.Identities;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.control.TrustLimits;
import dev.plinth.trust.control.TrustOutcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fetches the bundles of other trust domains from where they publish them, as often as they say (SPIFFE_Federation.md, 5). */
public final class FederationFollower implements AutoCloseable {
    /*
     * A bundle is believed because the server that gave it showed an identity that the bundle before verifies; the first one comes by hand.
     * So a domain whose authorities all changed while nobody could reach it has to be introduced anew, and says so in the log.
     *
     * Every server of a cluster fetches, for any of them may be cut off; what is fetched twice changes nothing the second time.
     */
    private static final Logger log = LoggerFactory.getLogger(FederationFollower.class);
    private static final Duration LEAST = Duration.ofSeconds(1);
    private static final Duration MOST = Duration.ofHours(1);
    private static final Duration AFTER_FAILURE_MAX = Duration.ofMinutes(1);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

    private final Trust trust;
    private final Clock clock;
    private final Executor workers;
    private final Trust.Following following;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock: when each domain is due next, on the clock's nanoseconds. */
    private final Map<String, Long> due = new HashMap<>();

    private Optional<Clock.Alarm> alarm = Optional.empty();
    private boolean closed;

    /** @param workers fetch; they may wait, and refuse nothing */
    public FederationFollower(Trust trust, Clock clock, Executor workers) {
        this.trust = trust;
        this.clock = clock;
        this.workers = workers;
        this.following = trust.follow(() -> workers.execute(this::look));
        workers.execute(this::look);
    }

    /** Fetches what is due, and sets the alarm for the next. */
    private void look() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            var identities = trust.identities().join();
            due.keySet().retainAll(identities.endpoints().keySet());
            for (var link : identities.endpoints().entrySet()) {
                if (due.computeIfAbsent(link.getKey(), _ -> clock.nanoTime()) - clock.nanoTime() <= 0) {
                    var pause = fetch(identities, link.getKey(), link.getValue());
                    due.put(link.getKey(), clock.nanoTime() + pause.toNanos());
                }
            }
            alarm.ifPresent(Clock.Alarm::cancel);
            alarm = due.values().stream()
                    .map(at -> at - clock.nanoTime())
                    .min(Long::compare)
                    .map(wait -> clock.schedule(
                            Duration.ofNanos(Math.max(LEAST.toNanos(), wait)), () -> workers.execute(this::look)));
        } catch (CompletionException e) {
            log.info("other domains are looked after later: {}", e.getMessage());
            alarm = Optional.of(clock.schedule(LEAST, () -> workers.execute(this::look)));
        } finally {
            lock.unlock();
        }
    }

    /** Returns how long to wait before the next time. */
    private Duration fetch(Identities identities, String domain, BundleEndpoint endpoint) {
        try {
            var known = Bundles.parse(domain, identities.federated().getOrDefault(domain, "{}"));
            var context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new EndpointIdentity(known, endpoint.id(), clock)}, null);
            try (var client = HttpClient.newBuilder()
                    .sslContext(context)
                    .connectTimeout(ANSWER_MAX)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build()) {
                var response = client.send(
                        HttpRequest.newBuilder(URI.create(endpoint.url()))
                                .timeout(ANSWER_MAX)
                                .build(),
                        HttpResponse.BodyHandlers.limiting(
                                HttpResponse.BodyHandlers.ofString(), TrustLimits.BUNDLE_CHARACTERS_MAX));
                if (response.statusCode() != 200) {
                    throw new IOException("expected status 200, found " + response.statusCode());
                }
                return take(identities, domain, response.body());
            }
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            log.warn("the bundle of {} was not fetched from {}: {}", domain, endpoint.url(), e.toString());
            return shortest(hint(domain, identities), AFTER_FAILURE_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return MOST;
        }
    }

    private Duration take(Identities identities, String domain, String body) {
        var found = Bundles.parse(domain, body);
        var stored = Optional.ofNullable(identities.federated().get(domain));
        var before = stored.map(jwks -> Bundles.parse(domain, jwks).sequence()).orElse(0L);
        if (found.sequence() < before) {
            throw new IllegalArgumentException("expected a bundle of sequence " + before + " or later, found "
                    + found.sequence() + ": an older one brings back what was taken out since");
        }
        if (stored.isPresent() && !stored.get().equals(body)) {
            refresh(domain, stored.get(), body);
        }
        return found.refreshHint().map(FederationFollower::bounded).orElse(Bundles.REFRESH_DEFAULT);
    }

    /** Another server of the cluster may have been faster, or the domain was parted with meanwhile: then that holds. */
    private void refresh(String domain, String before, String body) {
        var outcome = trust.submit(new TrustCommand.RefreshFederated(domain, Bundles.name(before), body))
                .join();
        if (outcome instanceof TrustOutcome.Denied(TrustOutcome.Reason reason, String message)) {
            if (reason != TrustOutcome.Reason.CONFLICT) {
                throw new IllegalArgumentException(message);
            }
            log.debug("{}", message);
        }
    }

    private static Duration bounded(Duration hint) {
        return hint.compareTo(LEAST) < 0 ? LEAST : shortest(hint, MOST);
    }

    private static Duration shortest(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration hint(String domain, Identities identities) {
        return Optional.ofNullable(identities.federated().get(domain))
                .flatMap(jwks -> Bundles.parse(domain, jwks).refreshHint())
                .map(FederationFollower::bounded)
                .orElse(LEAST.multipliedBy(5));
    }

    @Override
    public void close() {
        following.close();
        lock.lock();
        try {
            closed = true;
            alarm.ifPresent(Clock.Alarm::cancel);
        } finally {
            lock.unlock();
        }
    }
}
