package dev.plinth.server.console;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.plinth.kernel.Refused;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The console's door: {@code /api/v1/…} and the console's own files, over HTTP.
 *
 * <ul>
 *   <li>{@code GET /api/v1/live}: server-sent events; first {@code history} with up to 300 {@link Sample}s, then {@code live} with
 *       a {@link Live} each second. At most {@value LiveStreams#STREAMS_MAX} streams.
 *   <li>{@code GET /api/v1/transactions?state=live|recent&limit=&after=&q=}: a {@link TransactionPage}.
 *   <li>{@code GET /api/v1/transactions/{xid}}: a {@link TransactionDetail}.
 *   <li>{@code POST /api/v1/transactions/{xid}/decision}: a {@link Decision}; answered with the {@link TransactionDetail} after it.
 *   <li>{@code GET /api/v1/services}: the {@link ServiceState}s; {@code GET /api/v1/cells}: the {@link CellMapState}.
 *   <li>{@code /api/v1/trust/…}: {@link TrustPaths}.
 *   <li>anything else: the console.
 * </ul>
 *
 * <p>Errors are problem JSON (RFC 9457) with {@code field} and {@code expected}.
 */
public final class ConsoleDoor implements AutoCloseable {
    static final int XID_CHARS_MAX = 256;

    private static final Logger log = LoggerFactory.getLogger(ConsoleDoor.class);
    private static final Set<String> PARAMETERS = Set.of("state", "limit", "after", "q");

    private static final ResponseHeaders OK_JSON = ResponseHeaders.builder(HttpStatus.OK)
            .contentType(MediaType.JSON_UTF_8)
            .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
            .build();

    private final ConsoleSource source;
    private final LiveStreams streams = new LiveStreams();
    private final ConsoleGuard guard;
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("console").factory());

    ConsoleDoor(ConsoleSource source, Set<String> hostNames) {
        this.source = source;
        this.guard = new ConsoleGuard(hostNames);
    }

    /**
     * Opens the door and looks at the source once a second from now on.
     *
     * @param hostNames by which host names browsers may reach this server; IP addresses and localhost always may
     */
    public static ConsoleDoor open(ConsoleSource source, Set<String> hostNames) {
        ConsoleDoor door = new ConsoleDoor(source, hostNames);
        var _ = door.looking.scheduleAtFixedRate(door::look, 0, 1, TimeUnit.SECONDS);
        return door;
    }

    /** Mounts everything on a server. More specific routes of other doors keep their precedence. */
    public void mount(ServerBuilder server) {
        server.service("/api/v1/live", guarded((ctx, request) -> {
            if (request.method() == HttpMethod.HEAD) {
                return HttpResponse.of(ResponseHeaders.builder(HttpStatus.OK)
                        .contentType(MediaType.EVENT_STREAM)
                        .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                        .build());
            }
            ctx.clearRequestTimeout();
            return streams.open();
        }));
        server.service(
                "/api/v1/transactions",
                guarded((ctx, request) -> answer(ctx, () -> source.transactions(query(ctx.queryParams())))));
        server.service("/api/v1/transactions/{xid}", guarded((ctx, request) -> answer(ctx, () -> transaction(ctx))));
        server.service(
                "/api/v1/transactions/{xid}/decision", Decisions.door(source).decorate(guard));
        server.service("/api/v1/services", guarded((ctx, request) -> ofLatest(ctx, Live::services)));
        server.service("/api/v1/cells", guarded((ctx, request) -> ofLatest(ctx, Live::cells)));
        new TrustPaths(source.trust(), this::guarded).mount(server, guard);
        server.serviceUnder(
                "/api/",
                guarded((ctx, request) -> Problem.notFound(
                                "path",
                                ctx.path(),
                                "/api/v1/ with live, transactions, transactions/{xid}, services, cells or trust")
                        .response()));
        server.serviceUnder("/", new ConsoleFiles(ConsoleDoor.class.getClassLoader()).decorate(guard));
    }

    /** Ends all streams, so that a server that stops need not wait for them. */
    @Override
    public void close() {
        looking.shutdownNow();
        streams.close();
    }

    LiveStreams streams() {
        return streams;
    }

    /** One look at the source, told to every open console. */
    void look() {
        try {
            streams.publish(source.look());
        } catch (Refused e) {
            log.warn("the console was told nothing this second: {}", e.getMessage());
        } catch (RuntimeException e) {
            // The schedule would end with the exception, and the consoles with it.
            log.error("the console was told nothing this second", e);
        }
    }

    private HttpService guarded(HttpService service) {
        HttpService reading =
                (ctx, request) -> request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD
                        ? service.serve(ctx, request)
                        : Problem.method(request.method().name(), "GET").response();
        return reading.decorate(guard);
    }

    private HttpResponse ofLatest(ServiceRequestContext ctx, Function<Live, Object> part) {
        return answer(
                ctx,
                () -> streams.latest()
                        .map(part)
                        .orElseThrow(() -> Refused.overloaded("the server starts", Duration.ofSeconds(1))));
    }

    private TransactionDetail transaction(ServiceRequestContext ctx) {
        return transaction(source, xid(ctx));
    }

    static TransactionDetail transaction(ConsoleSource source, String xid) {
        return source.transaction(xid).orElseThrow(() -> unknown(xid).exception());
    }

    static Problem unknown(String xid) {
        return Problem.notFound("xid", xid, "the XID of a live or recent transaction");
    }

    static String xid(ServiceRequestContext ctx) {
        String xid = String.valueOf(ctx.pathParam("xid"));
        if (xid.length() > XID_CHARS_MAX) {
            throw Problem.badField("xid", xid, "at most " + XID_CHARS_MAX + " characters")
                    .exception();
        }
        return xid;
    }

    private static TransactionQuery query(QueryParams parameters) {
        for (String name : parameters.names()) {
            if (!PARAMETERS.contains(name)) {
                throw Problem.badField("query", name, "one of state, limit, after, q")
                        .exception();
            }
        }
        String state = parameters.get("state", "recent");
        String limit = parameters.get("limit", String.valueOf(TransactionQuery.LIMIT_DEFAULT));
        String text = parameters.get("q", "");
        if (text.length() > TransactionQuery.TEXT_CHARS_MAX) {
            throw Problem.badField("q", text, "at most " + TransactionQuery.TEXT_CHARS_MAX + " characters")
                    .exception();
        }
        return new TransactionQuery(
                switch (state) {
                    case "live" -> TransactionQuery.State.LIVE;
                    case "recent" -> TransactionQuery.State.RECENT;
                    default ->
                        throw Problem.badField("state", state, "live or recent").exception();
                },
                limit(limit),
                Optional.ofNullable(parameters.get("after")),
                text);
    }

    private static int limit(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= TransactionQuery.LIMIT_MAX) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // Not a number: the same problem as one out of range.
        }
        throw Problem.badField("limit", text, "a number from 1 to " + TransactionQuery.LIMIT_MAX)
                .exception();
    }

    /** Asks away from the event loop, for the source may block. */
    static HttpResponse answer(ServiceRequestContext ctx, Supplier<Object> question) {
        return HttpResponse.of(CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return HttpResponse.of(OK_JSON, HttpData.wrap(Json.bytes(question.get())));
                    } catch (Problem.Asked e) {
                        return e.problem().response();
                    } catch (Refused e) {
                        return Problem.of(e).response();
                    } catch (RuntimeException e) {
                        log.error("the console asked for {} and got no answer", ctx.path(), e);
                        return Problem.internal().response();
                    }
                },
                ctx.blockingTaskExecutor()));
    }
}
