package dev.plinth.trust.secrets.door.kbs;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.Cookie;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.Optional;

/** The KBS protocol on an HTTP server, under {@code /kbs/v0/}. */
public final class KbsHttp implements HttpService {
    private static final String PREFIX = "/kbs/v0/";
    private static final String BEARER = "Bearer ";

    private final KbsDoor door;

    public KbsHttp(KbsDoor door) {
        this.door = door;
    }

    /** Mounts it on a server. */
    public void mount(ServerBuilder server) {
        server.serviceUnder(PREFIX, this);
    }

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
        ctx.setMaxRequestLength(KbsDoor.BODY_BYTES_MAX);
        return HttpResponse.of(request.aggregate()
                .thenCompose(whole -> door.handle(request(ctx, whole)))
                .thenApply(KbsHttp::response));
    }

    private static KbsRequest request(ServiceRequestContext ctx, AggregatedHttpRequest whole) {
        var headers = whole.headers();
        return new KbsRequest(
                whole.method().name(),
                ctx.mappedPath().substring(1),
                Optional.ofNullable(ctx.queryParam("version"))
                        .filter(text -> text.matches("\\d{1,9}"))
                        .map(Long::parseLong)
                        .orElse(0L),
                headers.cookies().stream()
                        .filter(cookie -> cookie.name().equals(KbsSessions.COOKIE))
                        .map(Cookie::value)
                        .findFirst(),
                Optional.ofNullable(headers.get(HttpHeaderNames.AUTHORIZATION))
                        .filter(value -> value.startsWith(BEARER))
                        .map(value -> value.substring(BEARER.length()).strip()),
                whole.content().array());
    }

    private static HttpResponse response(KbsReply reply) {
        var headers = ResponseHeaders.builder(HttpStatus.valueOf(reply.status()))
                .set(HttpHeaderNames.CONTENT_TYPE, reply.contentType())
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        reply.cookie().ifPresent(cookie -> headers.set(HttpHeaderNames.SET_COOKIE, cookie));
        return HttpResponse.of(headers.build(), HttpData.ofUtf8(reply.body()));
    }
}
