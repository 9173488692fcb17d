package dev.plinth.server.console;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What browsers are told about the console, and whom the console does not answer. */
final class ConsoleGuard implements DecoratingHttpServiceFunction {
    /*
     * The console needs no scripts, styles, fonts or connections but its own, so it forbids all others: a name or an alert that
     * some client chose can do nothing, even if it were to reach the page unescaped.
     *
     * A page of another site can point a host name of its own at 127.0.0.1 and then read from here as if from itself (DNS
     * rebinding). It cannot choose what its browser writes into the Host header, though: so a name that is not ours is refused.
     */
    private static final Map<String, String> HEADERS = Map.of(
            "content-security-policy",
            String.join(
                    "; ",
                    List.of(
                            "default-src 'none'",
                            "script-src 'self'",
                            "style-src 'self'",
                            "img-src 'self' data:",
                            "connect-src 'self'",
                            "base-uri 'none'",
                            "form-action 'none'",
                            "frame-ancestors 'none'")),
            "x-content-type-options",
            "nosniff",
            "x-frame-options",
            "DENY",
            "referrer-policy",
            "no-referrer",
            "cross-origin-opener-policy",
            "same-origin",
            "cross-origin-resource-policy",
            "same-origin",
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()");

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+]");
    private static final Pattern PORT = Pattern.compile(":[0-9]+$");

    private final Set<String> hostNames;

    ConsoleGuard(Set<String> hostNames) {
        this.hostNames = Set.copyOf(hostNames);
    }

    @Override
    public HttpResponse serve(HttpService delegate, ServiceRequestContext ctx, HttpRequest request) throws Exception {
        ctx.mutateAdditionalResponseHeaders(headers -> HEADERS.forEach(headers::set));
        String authority = String.valueOf(request.headers().authority());
        String host = PORT.matcher(authority).replaceFirst("");
        if (!ADDRESS.matcher(host).matches() && !host.equals("localhost") && !hostNames.contains(host)) {
            return new Problem(
                            421,
                            "Misdirected request",
                            "Host: this server does not answer to '" + host + "'",
                            Optional.of("Host"),
                            Optional.of("an IP address, localhost, or a host name that the server listens on"),
                            Optional.empty())
                    .response();
        }
        return delegate.serve(ctx, request);
    }
}
