package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Registry;
import dev.plinth.registry.door.Turnstile;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.persistent.PersistentEndpoints;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nacos's open API over HTTP, for clients before 2.0, for scripts, and for what newer clients ask over HTTP: naming and
 * configuration, in the versions 1, 2 and 3.
 *
 * <p>Source: Nacos's documentation of its open API; {@code com.alibaba.nacos:nacos-client} 1.4.
 */
public final class NacosHttpDoor implements AutoCloseable {
    /** When clients that are not pushed anything read a list again; a Nacos server's own default. */
    private static final int READ_AGAIN_MILLIS = 3_000;

    private static final Logger log = LoggerFactory.getLogger(NacosHttpDoor.class);
    private static final int REQUEST_BYTES_MAX = 10 << 20;
    private static final Duration SWEEP_EVERY = Duration.ofSeconds(30);

    private static final int BEAT_INTERVAL_MS = 5_000;

    /** What a beat's answer says of an instance that is known, and of one that is not. */
    private static final int BEAT_TAKEN = 10_200;

    private static final int BEAT_UNKNOWN = 20_404;

    private final Server server;
    private final ConfigListeners listeners;
    private final Answers answers;

    private NacosHttpDoor(Server server, ConfigListeners listeners, Answers answers) {
        this.server = server;
        this.listeners = listeners;
        this.answers = answers;
    }

    /** How an answer looks. */
    private enum Style {
        /** As it is. */
        PLAIN,
        /** In an envelope with a code and a message. */
        ENVELOPE
    }

    private interface Operation {
        JsonNode run(HttpParameters with);
    }

    private record Route(Style style, Operation operation) {}

    /**
     * Opens the door.
     *
     * @param admitted from where clients may come; others' connections are closed
     * @param workers requests may wait in them, so they are as many as it takes: virtual threads
     * @throws IOException if the port is taken
     */
    public static NacosHttpDoor open(
            Registry registry,
            Configs configs,
            PersistentEndpoints persistent,
            InetSocketAddress address,
            Predicate<InetAddress> admitted,
            Clock clock,
            Executor workers)
            throws IOException {
        var listeners = ConfigListeners.open(configs, workers);
        var answers = new Answers(registry, configs, persistent, listeners, clock, workers);
        var server = Server.builder()
                .http(address)
                .childChannelPipelineCustomizer(Turnstile.onPipelines(admitted))
                .requestTimeoutMillis(0)
                .maxRequestLength(REQUEST_BYTES_MAX)
                .serviceUnder("/", answers::serve)
                .build();
        try {
            server.start().join();
        } catch (CompletionException e) {
            listeners.close();
            throw new IOException("cannot listen on " + address + ": " + e.getCause(), e);
        }
        answers.sweepLater();
        return new NacosHttpDoor(server, listeners, answers);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return Turnstile.address(server);
    }

    @Override
    public void close() {
        answers.closed = true;
        server.stop().join();
        listeners.close();
    }

    private static final class Answers {
        private final NacosRegistry registry;
        private final HttpInstances instances;
        private final Configs configs;
        private final ConfigListeners listeners;
        private final ConfigPolls polls;
        private final Clock clock;
        private final Executor workers;
        private final Map<String, Route> routes = new HashMap<>();

        /** Set when the door closes, read by the clock's thread. */
        private volatile boolean closed;

        Answers(
                Registry registry,
                Configs configs,
                PersistentEndpoints persistent,
                ConfigListeners listeners,
                Clock clock,
                Executor workers) {
            this.registry = new NacosRegistry(registry, persistent);
            this.instances = new HttpInstances(this.registry, clock);
            this.configs = configs;
            this.listeners = listeners;
            this.polls = new ConfigPolls(listeners, clock, workers);
            this.clock = clock;
            this.workers = workers;
            routesOfNaming();
            routesOfConfiguration();
        }

        void sweepLater() {
            clock.schedule(SWEEP_EVERY, () -> {
                if (!closed) {
                    workers.execute(instances::sweep);
                    sweepLater();
                }
            });
        }

        private void routesOfNaming() {
            naming("v1/ns/", Style.PLAIN, text("ok"));
            naming("v2/ns/", Style.ENVELOPE, text("ok"));
            naming("v3/admin/ns/", Style.ENVELOPE, text("ok"));
            naming("v3/client/ns/", Style.ENVELOPE, text("ok"));
            route("GET", "v1/ns/service/list", Style.PLAIN, this::services);
            route("GET", "v2/ns/service/list", Style.ENVELOPE, this::services);
            route("PUT", "v1/ns/instance/beat", Style.PLAIN, this::beat);
            route(
                    "GET",
                    "v1/ns/operator/metrics",
                    Style.PLAIN,
                    _ -> NacosPayloads.object().put("status", "UP"));
            for (var state : new String[] {"v1/console/health/readiness", "v1/console/health/liveness"}) {
                route("GET", state, Style.PLAIN, _ -> text("OK"));
            }
            for (var state : new String[] {"v2/console/health/readiness", "v3/admin/core/state/readiness"}) {
                route("GET", state, Style.ENVELOPE, _ -> text("ok"));
            }
        }

        private void naming(String under, Style style, JsonNode done) {
            Operation register = with -> {
                if (Boolean.parseBoolean(with.text("heartBeat").orElse("false"))) {
                    return beaten(with, done);
                }
                register(with);
                return done;
            };
            route("POST", under + "instance", style, register);
            route("PUT", under + "instance", style, register);
            route("DELETE", under + "instance", style, with -> {
                instances.deregister(with.service(), address(with));
                // Who takes it back need not say of which kind it is.
                registry.remove(with.service(), address(with), with.ip());
                return done;
            });
            route("GET", under + "instance", style, this::instance);
            var list = (Operation) with -> Instances.serviceInfo(
                            with.service(),
                            with.text("clusters", "clusterName").orElse(""),
                            registry.registrations(with.service()),
                            clock.wall().toEpochMilli())
                    // Clients of version 1 look for those who listen by this name, and tell nobody otherwise.
                    .put("name", with.service().grouped())
                    .put("cacheMillis", READ_AGAIN_MILLIS);
            // Version 3 answers with the instances alone.
            route(
                    "GET",
                    under + "instance/list",
                    style,
                    under.startsWith("v3/") ? with -> list.run(with).path("hosts") : list);
        }

        private void routesOfConfiguration() {
            route(
                    "GET",
                    "v1/cs/configs",
                    Style.PLAIN,
                    with -> text(config(with).path("content").asText()));
            route("POST", "v1/cs/configs", Style.PLAIN, this::publish);
            route("DELETE", "v1/cs/configs", Style.PLAIN, this::remove);
            route("GET", "v2/cs/config", Style.ENVELOPE, with -> config(with).path("content"));
            route("POST", "v2/cs/config", Style.ENVELOPE, this::publish);
            route("DELETE", "v2/cs/config", Style.ENVELOPE, this::remove);
            route("GET", "v3/client/cs/config", Style.ENVELOPE, this::config);
            route("GET", "v3/admin/cs/config", Style.ENVELOPE, this::config);
            route("POST", "v3/admin/cs/config", Style.ENVELOPE, this::publish);
            route("DELETE", "v3/admin/cs/config", Style.ENVELOPE, this::remove);
        }

        private void route(String method, String path, Style style, Operation operation) {
            routes.put(method + " /nacos/" + path, new Route(style, operation));
        }

        private static JsonNode text(String text) {
            return NacosPayloads.object().textNode(text);
        }

        // Naming.

        private static String address(HttpParameters with) {
            var ip = with.required("ip");
            var _ = with.required("port");
            return (ip.contains(":") && !ip.startsWith("[") ? "[" + ip + "]" : ip) + ":" + with.number("port", 0);
        }

        private void register(HttpParameters with) {
            var endpoint = Instances.endpoint(with.service(), with.instance());
            if (Instances.isPersistent(endpoint)) {
                registry.store(endpoint, with.ip());
            } else {
                instances.register(endpoint, with.ip());
            }
        }

        private JsonNode beaten(HttpParameters with, JsonNode done) {
            if (!instances.beat(with.service(), address(with))) {
                register(with);
            }
            return done;
        }

        /** A beat of version 1: light, by address alone, or with all that is to be known of the instance. */
        private JsonNode beat(HttpParameters with) {
            var full = with.text("beat").map(json -> HttpParameters.json("beat", json));
            var service = full.flatMap(beat -> NacosPayloads.text(beat, "serviceName"))
                    .map(name -> NacosService.of(with.text("namespaceId"), with.text("groupName"), Optional.of(name)))
                    .orElseGet(with::service);
            boolean known;
            if (full.isPresent()) {
                var instance = full.get();
                NacosPayloads.text(instance, "cluster").ifPresent(cluster -> instance.put("clusterName", cluster));
                var endpoint = Instances.endpoint(service, instance);
                known = true;
                if (!instances.beat(service, endpoint.name().address())) {
                    instances.register(endpoint, with.ip());
                }
            } else {
                known = instances.beat(service, address(with));
            }
            return NacosPayloads.object()
                    .put("clientBeatInterval", BEAT_INTERVAL_MS)
                    .put("code", known ? BEAT_TAKEN : BEAT_UNKNOWN)
                    .put("lightBeatEnabled", true);
        }

        private JsonNode instance(HttpParameters with) {
            var hosts = Instances.serviceInfo(with.service(), "", registry.registrations(with.service()), 0)
                    .path("hosts");
            for (var host : hosts) {
                if (host.path("ip").asText().equals(with.required("ip"))
                        && host.path("port").asInt() == with.number("port", 0)) {
                    return host;
                }
            }
            throw new NacosRefusal(
                    NacosRefusal.NO_SUCH,
                    "no instance " + address(with) + " of " + with.service().grouped());
        }

        private JsonNode services(HttpParameters with) {
            var names = registry.services(
                    with.text("namespaceId").orElse(NacosService.DEFAULT_NAMESPACE),
                    with.text("groupName").orElse(NacosService.DEFAULT_GROUP));
            int size = Math.max(0, with.number("pageSize", 20));
            var answer = NacosPayloads.object().put("count", names.size());
            var shown = answer.putArray("doms");
            names.stream()
                    .skip((long) Math.max(0, with.number("pageNo", 1) - 1) * size)
                    .limit(size)
                    .forEach(shown::add);
            return answer;
        }

        // Configuration.

        private NacosConfigs configs(HttpParameters with) {
            return new NacosConfigs(configs, listeners, with.ip());
        }

        private ObjectNode config(HttpParameters with) {
            try {
                return configs(with).query(with.config());
            } catch (NacosRefusal refusal) {
                throw refusal.code() == NacosRefusal.NO_CONFIG
                        ? new NacosRefusal(NacosRefusal.NO_SUCH, refusal.text())
                        : refusal;
            }
        }

        private JsonNode publish(HttpParameters with) {
            configs(with).publish(with.publication());
            return NacosPayloads.object().booleanNode(true);
        }

        private JsonNode remove(HttpParameters with) {
            configs(with).remove(with.config());
            return NacosPayloads.object().booleanNode(true);
        }

        private CompletableFuture<HttpResponse> listen(HttpParameters with) {
            long waitMs = with.header("Long-Pulling-Timeout")
                    .filter(text -> text.matches("[0-9]{1,9}"))
                    .map(Long::parseLong)
                    .orElse(0L);
            boolean hangUp = with.header("Long-Pulling-Timeout-No-Hangup")
                    .map(Boolean::parseBoolean)
                    .orElse(false);
            var own = configs(with);
            return polls.poll(with.required("Listening-Configs"), hangUp ? 0 : waitMs, own::md5Of)
                    .thenApply(texts -> HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, texts));
        }

        // HTTP.

        HttpResponse serve(ServiceRequestContext context, HttpRequest request) {
            var ip = context.remoteAddress().getHostString();
            var query = Optional.ofNullable(context.query()).orElse("");
            return HttpResponse.of(request.aggregate()
                    .thenComposeAsync(whole -> answer(request.method(), context.path(), query, whole, ip), workers));
        }

        private CompletableFuture<HttpResponse> answer(
                HttpMethod method, String path, String query, AggregatedHttpRequest request, String ip) {
            var listening = method == HttpMethod.POST && path.equals("/nacos/v1/cs/configs/listener");
            var route = routes.get(method + " " + path);
            try {
                var with = new HttpParameters(query, request, ip);
                if (listening) {
                    return listen(with);
                }
                if (route == null) {
                    return CompletableFuture.completedFuture(
                            plain(HttpStatus.NOT_FOUND, method + " " + path + " is not served here"));
                }
                return CompletableFuture.completedFuture(
                        told(route.style(), route.operation().run(with)));
            } catch (NacosRefusal refusal) {
                return CompletableFuture.completedFuture(failed(route, refusal));
            } catch (Refused refused) {
                return CompletableFuture.completedFuture(
                        failed(route, new NacosRefusal(NacosRefusal.OVER_LIMIT, String.valueOf(refused.getMessage()))));
            } catch (RuntimeException e) {
                log.error("{} {} of {} failed", method, path, ip, e);
                return CompletableFuture.completedFuture(
                        failed(route, new NacosRefusal(NacosRefusal.FAILED, "an error of the server's; see its log")));
            }
        }

        private static HttpResponse told(Style style, JsonNode answer) {
            if (style == Style.ENVELOPE) {
                var envelope = NacosPayloads.object().put("code", 0).put("message", "success");
                envelope.set("data", answer);
                return HttpResponse.of(HttpStatus.OK, MediaType.JSON_UTF_8, envelope.toString());
            }
            return answer.isContainerNode()
                    ? HttpResponse.of(HttpStatus.OK, MediaType.JSON_UTF_8, answer.toString())
                    : plain(HttpStatus.OK, answer.asText());
        }

        private static HttpResponse failed(@Nullable Route route, NacosRefusal refusal) {
            var status = HttpStatus.valueOf(
                    switch (refusal.code()) {
                        case NacosRefusal.INVALID,
                                NacosRefusal.NO_SUCH,
                                NacosRefusal.CONFLICT,
                                NacosRefusal.UNSUPPORTED,
                                NacosRefusal.OVER_LIMIT -> refusal.code();
                        default -> 500;
                    });
            if (route == null || route.style() == Style.PLAIN) {
                return plain(status, refusal.text());
            }
            var envelope = NacosPayloads.object().put("code", refusal.code()).put("message", refusal.text());
            envelope.putNull("data");
            return HttpResponse.of(status, MediaType.JSON_UTF_8, envelope.toString());
        }

        private static HttpResponse plain(HttpStatus status, String text) {
            return HttpResponse.of(status, MediaType.PLAIN_TEXT_UTF_8, text);
        }
    }
}
