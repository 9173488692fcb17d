package dev.plinth.server.seata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.plinth.registry.door.Turnstile;
import dev.plinth.server.Listen;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Tells Seata's clients where the leader is.
 *
 * <ul>
 *   <li>{@code GET /metadata/v1/cluster?group=}: all servers with their roles, and the term.
 *   <li>{@code POST /metadata/v1/watch?timeout=}, a form of {@code group=term}: 200 as soon as the term is another one, 304 if it is
 *       still the same after {@code timeout} ms, 28,000 unless said otherwise.
 * </ul>
 *
 * <p>Source: Apache Seata 2.6.0, {@code RaftRegistryServiceImpl} and {@code MetadataResponse}.
 */
public final class MetadataDoor {
    /*
     * There is one group. A client knows its name only once it has asked, and asks without one first; what it names is not looked at.
     *
     * "raft" as the store is what makes a client look for a leader at all; it is so for one server too, so that a client need not
     * be told another way when others join it.
     */
    private static final String GROUP = "default";
    private static final String STORE_MODE = "raft";

    /** The release of Seata whose server this behaves like. */
    private static final String VERSION = "2.6.0";

    /** Below the client's own patience of 30 s. */
    static final Duration WATCH_DEFAULT = Duration.ofSeconds(28);

    /**
     * So long an answer waits for an election to end, below the client's patience of 1 s: a client that was never told of a leader
     * fails when it looks for one.
     */
    static final Duration LEADER_WAIT = Duration.ofMillis(800);

    /** Watching clients; one more is told to come back. */
    static final int WATCHES_MAX = 10_000;

    private static final int FORM_BYTES_MAX = 8 * 1_024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Supplier<SeataServers> servers;
    private final AtomicInteger watches = new AtomicInteger();

    /** @param servers asked for each request: a server knows its own addresses only once its doors are open */
    public MetadataDoor(Supplier<SeataServers> servers) {
        this.servers = servers;
    }

    /** Mounts it on a server. */
    public void mount(ServerBuilder server) {
        server.service("/metadata/v1/cluster", this::cluster);
        server.service("/metadata/v1/watch", this::watch);
    }

    /**
     * Opens a port of its own for it.
     *
     * @param admitted from where clients may come; others' connections are closed
     * @throws IOException if the port is taken
     */
    public Server open(Listen listen, Predicate<InetAddress> admitted) throws IOException {
        var builder = Server.builder()
                .http(listen.address())
                .requestTimeoutMillis(0)
                .childChannelPipelineCustomizer(Turnstile.onPipelines(admitted));
        mount(builder);
        var server = builder.build();
        try {
            server.start().join();
        } catch (CompletionException e) {
            throw new IOException("seata.metadata: cannot listen on " + listen + ": " + e.getCause(), e);
        }
        return server;
    }

    private HttpResponse cluster(ServiceRequestContext ctx, HttpRequest request) {
        if (request.method() != HttpMethod.GET) {
            return plain(HttpStatus.METHOD_NOT_ALLOWED, "method: expected GET, not " + request.method());
        }
        var known = servers.get();
        var now = known.now();
        if (now.led()) {
            return json(now);
        }
        var led = known.other(now.term());
        return HttpResponse.of(led.copy()
                .completeOnTimeout(now, LEADER_WAIT.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(view -> {
                    led.cancel(false);
                    return json(view);
                }));
    }

    private static HttpResponse json(SeataServers.View view) {
        var nodes = view.servers().stream().map(MetadataDoor::node).toList();
        try {
            return HttpResponse.of(
                    HttpStatus.OK,
                    MediaType.JSON_UTF_8,
                    HttpData.wrap(JSON.writeValueAsBytes(
                            Map.of("nodes", nodes, "storeMode", STORE_MODE, "term", view.term()))));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("maps of texts and numbers are always JSON", e);
        }
    }

    private static Map<String, Object> node(SeataServers.Member server) {
        return Map.of(
                "control",
                endpoint(server.control()),
                "transaction",
                endpoint(server.transaction()),
                "group",
                GROUP,
                "role",
                server.leader() ? "LEADER" : "FOLLOWER",
                "version",
                VERSION,
                "metadata",
                Map.of());
    }

    private static Map<String, Object> endpoint(Listen address) {
        return Map.of("host", address.host(), "port", address.port());
    }

    private HttpResponse watch(ServiceRequestContext ctx, HttpRequest request) {
        if (request.method() != HttpMethod.POST) {
            return plain(HttpStatus.METHOD_NOT_ALLOWED, "method: expected POST, not " + request.method());
        }
        ctx.setMaxRequestLength(FORM_BYTES_MAX);
        return HttpResponse.of(request.aggregate().thenApply(whole -> {
            try {
                return watch(
                        ctx,
                        millis(ctx.queryParams().get("timeout", Long.toString(WATCH_DEFAULT.toMillis()))),
                        terms(QueryParams.fromQueryString(whole.contentUtf8())));
            } catch (IllegalArgumentException e) {
                return plain(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
            }
        }));
    }

    private static long millis(String text) {
        try {
            long millis = Long.parseLong(text);
            if (millis >= 0 && millis <= WATCH_DEFAULT.toMillis() * 2) {
                return millis;
            }
        } catch (NumberFormatException e) {
            // Not a number: the same error as one out of range.
        }
        throw new IllegalArgumentException(
                "timeout: expected 0 to " + WATCH_DEFAULT.toMillis() * 2 + " ms, not '" + text + "'");
    }

    private static List<Long> terms(QueryParams form) {
        return form.stream()
                .map(entry -> {
                    try {
                        return Long.parseLong(entry.getValue());
                    } catch (NumberFormatException e) {
                        throw new IllegalArgumentException(
                                entry.getKey() + ": expected a term, not '" + entry.getValue() + "'", e);
                    }
                })
                .toList();
    }

    private HttpResponse watch(ServiceRequestContext ctx, long patienceMillis, List<Long> terms) {
        if (terms.isEmpty()) {
            return plain(HttpStatus.BAD_REQUEST, "expected a form of group=term");
        }
        if (watches.incrementAndGet() > WATCHES_MAX) {
            watches.decrementAndGet();
            return plain(HttpStatus.SERVICE_UNAVAILABLE, "OVERLOADED: " + WATCHES_MAX + " clients watch already");
        }
        ctx.clearRequestTimeout();
        var changed = servers.get().other(terms.getFirst());
        var answer = new CompletableFuture<HttpResponse>();
        var alarm = ctx.eventLoop()
                .schedule(
                        () -> answer.complete(HttpResponse.of(HttpStatus.NOT_MODIFIED)),
                        patienceMillis,
                        TimeUnit.MILLISECONDS);
        var _ = changed.thenRun(() -> answer.complete(HttpResponse.of(HttpStatus.OK)));
        var _ = ctx.whenRequestCancelling().thenRun(() -> answer.complete(HttpResponse.of(HttpStatus.NOT_MODIFIED)));
        var _ = answer.whenComplete((_, _) -> {
            watches.decrementAndGet();
            alarm.cancel(false);
            changed.cancel(false);
        });
        return HttpResponse.of(answer);
    }

    int watches() {
        return watches.get();
    }

    private static HttpResponse plain(HttpStatus status, String text) {
        return HttpResponse.of(status, MediaType.PLAIN_TEXT_UTF_8, text);
    }
}
