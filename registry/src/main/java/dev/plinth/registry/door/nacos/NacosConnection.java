package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.config.Config;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.registry.persistent.PersistentEndpoints;
import dev.plinth.wire.nacos.Payload;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One Nacos client: its connection, and the session that stands for it in our registry. */
final class NacosConnection {
    /*
     * Plain blocking code: each request has a thread of its own, and waits for the registry's answer. A client's requests are
     * taken one after the other, for the newest that it said of a service is what holds; two at once could be swapped.
     *
     * What differs from a Nacos server: a connection that breaks does not take its instances with it at once, but at the end of
     * the session's lease; a client that comes back in that time, over a new connection, takes them over, and nobody saw them go.
     * One that says good-bye takes them with it.
     */
    private static final Logger log = LoggerFactory.getLogger(NacosConnection.class);

    /** Clients that have nothing to say ask after the server's health every 5 s. */
    static final Duration LEASE = Duration.ofSeconds(15);

    private static final int CLIENT_CHARS_MAX = 100;

    /** The label of a client that registers what others have registered elsewhere. */
    private static final String STAND_IN = "plinth.stand-in";

    private final Registry registry;
    private final NacosRegistry asked;
    private final ServiceMirrors mirrors;
    private final NacosConfigs configs;
    private final Clock clock;
    private final Executor workers;
    private final String ip;
    private final String id;

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Hold hold;
    private boolean over;

    private final Published published = new Published();

    private final Map<String, Subscriber> subscribers = new LinkedHashMap<>();
    private final ConfigListeners.Listener configChanged = this::configChanged;
    private @Nullable Pushes pushes;

    NacosConnection(
            Registry registry,
            PersistentEndpoints persistent,
            ServiceMirrors mirrors,
            NacosConfigs configs,
            Clock clock,
            Executor workers,
            String ip,
            String id) {
        this.registry = registry;
        this.asked = new NacosRegistry(registry, persistent);
        this.mirrors = mirrors;
        this.configs = configs;
        this.clock = clock;
        this.workers = workers;
        this.ip = ip;
        this.id = id;
    }

    // The client's stream.

    void stream(ServerCallStreamObserver<Payload> requests) {
        pushes = new Pushes(requests, clock, workers);
    }

    /** The client's word on its stream: who it is, or an answer to a push. */
    void heard(Payload payload) {
        JsonNode body;
        try {
            body = NacosPayloads.body(payload);
        } catch (NacosRefusal refusal) {
            end(payload.getMetadata().getType() + ": " + refusal.text());
            return;
        }
        if (payload.getMetadata().getType().equals("ConnectionSetupRequest")) {
            setUp(body);
        } else if (pushes != null) {
            NacosPayloads.text(body, "requestId").ifPresent(pushes::acknowledged);
        }
    }

    private void setUp(JsonNode request) {
        lock.lock();
        try {
            if (hold != null || over) {
                return;
            }
            configs.labelled(request.path("labels"));
            var app = NacosPayloads.text(request.path("labels"), "AppName").orElse("unknown");
            var client = "nacos " + app + "@" + ip;
            var printable = client.substring(0, Math.min(client.length(), CLIENT_CHARS_MAX))
                    .replaceAll("[^ -~]", "?");
            boolean standIn = request.path("labels").path(STAND_IN).asBoolean();
            var outcome = submit(new RegistryCommand.Open(printable, LEASE, Optional.empty(), standIn));
            switch (outcome) {
                case RegistryOutcome.Opened opened -> hold = opened.hold();
                case RegistryOutcome.Denied denied -> {
                    end(denied.message());
                    return;
                }
                case RegistryOutcome.Done _ -> throw new IllegalStateException("an open was answered with " + outcome);
            }
            if (pushes != null) {
                var acknowledgement = NacosPayloads.object().put("requestId", "");
                acknowledgement.putObject("abilityTable").put("supportPersistentInstanceByGrpc", true);
                pushes.say("SetupAckRequest", acknowledgement);
            }
        } catch (Refused refused) {
            end(String.valueOf(refused.getMessage()));
        } finally {
            lock.unlock();
        }
    }

    /** The client said good-bye. */
    void ended() {
        release(RegistryCommand.Close::new);
    }

    /** The connection broke. */
    void broken() {
        release(RegistryCommand.Detach::new);
    }

    private void release(Function<Hold, RegistryCommand> farewell) {
        lock.lock();
        try {
            over = true;
            subscribers.values().forEach(Subscriber::close);
            subscribers.clear();
            configs.close(configChanged);
            if (pushes != null) {
                pushes.stop();
            }
            if (hold != null) {
                var _ = registry.submit(farewell.apply(hold));
                hold = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /** This side ends it; the client connects anew. */
    private void end(String why) {
        if (pushes != null) {
            pushes.end(NacosDoor.over(why));
        }
        broken();
    }

    // The client's requests.

    Payload answer(Payload request) {
        var type = request.getMetadata().getType();
        try {
            return switch (type) {
                case "ServerCheckRequest" ->
                    NacosPayloads.payload(
                            "ServerCheckResponse",
                            NacosPayloads.success().put("connectionId", id).put("supportAbilityNegotiation", true));
                case "HealthCheckRequest" -> {
                    keepAlive();
                    yield NacosPayloads.payload("HealthCheckResponse", NacosPayloads.success());
                }
                default -> answer(type, NacosPayloads.body(request));
            };
        } catch (NacosRefusal refusal) {
            return failure(type, refusal);
        } catch (Refused refused) {
            var code = refused.code() == Refused.Code.OVERLOADED ? NacosRefusal.OVER_LIMIT : NacosRefusal.FAILED;
            return failure(type, new NacosRefusal(code, String.valueOf(refused.getMessage())));
        }
    }

    private static Payload failure(String request, NacosRefusal refusal) {
        return NacosPayloads.payload(errorType(request, refusal), NacosPayloads.failure(refusal));
    }

    /** Clients look for an unknown connection in one type only, and take an error about a text in the type of its answer. */
    private static String errorType(String request, NacosRefusal refusal) {
        if (refusal.code() == NacosRefusal.NOT_REGISTERED) {
            return "ErrorResponse";
        }
        return switch (request) {
            case "ConfigQueryRequest" -> "ConfigQueryResponse";
            case "ConfigPublishRequest" -> "ConfigPublishResponse";
            case "ConfigRemoveRequest" -> "ConfigRemoveResponse";
            case "ConfigBatchListenRequest" -> "ConfigChangeBatchListenResponse";
            default -> "ErrorResponse";
        };
    }

    private Payload answer(String type, JsonNode body) {
        lock.lock();
        try {
            return switch (type) {
                case "InstanceRequest" -> instance(body);
                case "BatchInstanceRequest" -> batch(body);
                case "PersistentInstanceRequest" -> persistentInstance(body);
                case "SubscribeServiceRequest" -> subscribe(body);
                case "ServiceQueryRequest" -> query(body);
                case "ServiceListRequest" -> list(body);
                case "ConfigQueryRequest" -> NacosPayloads.payload("ConfigQueryResponse", configs.query(body));
                case "ConfigPublishRequest" -> NacosPayloads.payload("ConfigPublishResponse", configs.publish(body));
                case "ConfigRemoveRequest" -> NacosPayloads.payload("ConfigRemoveResponse", configs.remove(body));
                case "ConfigBatchListenRequest" -> {
                    hold();
                    yield NacosPayloads.payload("ConfigChangeBatchListenResponse", configs.listen(body, configChanged));
                }
                default ->
                    throw new NacosRefusal(
                            NacosRefusal.UNSUPPORTED, "a request of type " + type + " is not served here");
            };
        } finally {
            lock.unlock();
        }
    }

    private void keepAlive() {
        lock.lock();
        try {
            done(new RegistryCommand.KeepAlive(hold()));
        } finally {
            lock.unlock();
        }
    }

    private Payload instance(JsonNode body) {
        var service = service(body);
        var type = NacosPayloads.text(body, "type").orElse("");
        var endpoint = Instances.endpoint(service, body.path("instance"));
        if (Instances.isPersistent(endpoint)) {
            return persistentInstance(body);
        }
        switch (type) {
            case "registerInstance" -> publish(service, List.of(endpoint));
            case "deregisterInstance" -> {
                // Who deregisters need not say again what else it said when it registered: the address is enough.
                for (var name : published.of(service.inRegistry())) {
                    if (name.address().equals(endpoint.name().address())) {
                        done(new RegistryCommand.Deregister(hold(), name));
                        published.remove(name);
                    }
                }
            }
            default ->
                throw new NacosRefusal(
                        NacosRefusal.INVALID,
                        "type is \"" + type + "\": expected registerInstance or deregisterInstance");
        }
        return NacosPayloads.payload("InstanceResponse", NacosPayloads.success().put("type", type));
    }

    /** An instance that outlives its client: it is stored, and served while it answers. */
    private Payload persistentInstance(JsonNode body) {
        hold();
        var service = service(body);
        var type = NacosPayloads.text(body, "type").orElse("");
        var endpoint = Instances.endpoint(service, body.path("instance"));
        if (!Instances.isPersistent(endpoint)) {
            throw new NacosRefusal(NacosRefusal.INVALID, "the instance is ephemeral: expected a persistent one");
        }
        switch (type) {
            case "registerInstance" -> asked.store(endpoint, ip);
            case "deregisterInstance" -> asked.remove(service, endpoint.name().address(), ip);
            default ->
                throw new NacosRefusal(
                        NacosRefusal.INVALID,
                        "type is \"" + type + "\": expected registerInstance or deregisterInstance");
        }
        return NacosPayloads.payload("InstanceResponse", NacosPayloads.success().put("type", type));
    }

    private Payload batch(JsonNode body) {
        var service = service(body);
        List<Endpoint> endpoints = new ArrayList<>();
        body.path("instances").forEach(instance -> endpoints.add(Instances.endpoint(service, instance)));
        publish(service, endpoints);
        return NacosPayloads.payload(
                "BatchInstanceResponse",
                NacosPayloads.success()
                        .put("type", NacosPayloads.text(body, "type").orElse("")));
    }

    /** What the client says of a service takes the place of what it said before, as in Nacos. */
    private void publish(NacosService service, List<Endpoint> endpoints) {
        var hold = hold();
        var before = published.of(service.inRegistry());
        Set<EndpointName> now = new HashSet<>();
        for (var endpoint : endpoints) {
            done(new RegistryCommand.Register(hold, endpoint));
            now.add(endpoint.name());
        }
        for (var name : before) {
            if (!now.contains(name)) {
                done(new RegistryCommand.Deregister(hold, name));
                published.remove(name);
            }
        }
        published.addAll(now);
    }

    private Payload subscribe(JsonNode body) {
        var service = service(body);
        var clusters = NacosPayloads.text(body, "clusters").orElse("");
        var key = service.inRegistry() + " " + clusters;
        if (!body.path("subscribe").asBoolean()) {
            var subscriber = subscribers.remove(key);
            if (subscriber != null) {
                subscriber.close();
                if (subscribers.keySet().stream().noneMatch(other -> other.startsWith(service.inRegistry() + " "))) {
                    done(new RegistryCommand.Unsubscribe(hold(), service.inRegistry()));
                }
            }
            return NacosPayloads.payload(
                    "SubscribeServiceResponse",
                    withInfo(NacosPayloads.success(), Instances.serviceInfo(service, clusters, List.of(), 0)));
        }
        done(new RegistryCommand.Subscribe(hold(), service.inRegistry()));
        var subscriber = subscribers.get(key);
        if (subscriber == null) {
            if (subscribers.size() >= RegistryLimits.SESSION_SUBSCRIPTIONS_MAX) {
                throw new NacosRefusal(
                        NacosRefusal.OVER_LIMIT,
                        "this client follows " + RegistryLimits.SESSION_SUBSCRIPTIONS_MAX
                                + " selections of services and clusters, as many as one may");
            }
            subscriber = new Subscriber(service, clusters).follow();
            subscribers.put(key, subscriber);
        }
        return NacosPayloads.payload(
                "SubscribeServiceResponse", withInfo(NacosPayloads.success(), subscriber.current()));
    }

    private static ObjectNode withInfo(ObjectNode response, ObjectNode info) {
        response.set("serviceInfo", info);
        return response;
    }

    private Payload query(JsonNode body) {
        var service = service(body);
        var clusters = NacosPayloads.text(body, "cluster").orElse("");
        var all = asked.registrations(service);
        return NacosPayloads.payload(
                "QueryServiceResponse",
                withInfo(
                        NacosPayloads.success(),
                        Instances.serviceInfo(
                                service, clusters, all, clock.wall().toEpochMilli())));
    }

    private Payload list(JsonNode body) {
        var namespace = NacosPayloads.text(body, "namespace")
                .filter(text -> !text.isEmpty())
                .orElse(NacosService.DEFAULT_NAMESPACE);
        var group = NacosPayloads.text(body, "groupName")
                .filter(text -> !text.isEmpty())
                .orElse(NacosService.DEFAULT_GROUP);
        var names = asked.services(namespace, group);
        long from = Math.max(0, body.path("pageNo").asLong(1) - 1)
                * Math.max(0, body.path("pageSize").asLong(0));
        var response = NacosPayloads.success().put("count", names.size());
        var shown = response.putArray("serviceNames");
        names.stream()
                .skip(from)
                .limit(Math.max(0, body.path("pageSize").asLong(0)))
                .forEach(shown::add);
        return NacosPayloads.payload("ServiceListResponse", response);
    }

    private void configChanged(String key, Optional<Config> config) {
        var stream = pushes;
        if (stream != null) {
            configs.news(key, config)
                    .ifPresent(news -> stream.push("config " + key, "ConfigChangeNotifyRequest", news::deepCopy));
        }
    }

    private static NacosService service(JsonNode body) {
        return NacosService.of(
                NacosPayloads.text(body, "namespace"),
                NacosPayloads.text(body, "groupName"),
                NacosPayloads.text(body, "serviceName"));
    }

    // The session.

    private Hold hold() {
        if (hold == null) {
            throw new NacosRefusal(NacosRefusal.NOT_REGISTERED, "this connection has no session: connect anew");
        }
        return hold;
    }

    private void done(RegistryCommand.OfSession command) {
        switch (submit(command)) {
            case RegistryOutcome.Done _ -> {}
            case RegistryOutcome.Opened opened ->
                throw new IllegalStateException("a request within a session was answered with " + opened);
            case RegistryOutcome.Denied denied -> {
                switch (denied.reason()) {
                    case DUPLICATE -> throw new NacosRefusal(NacosRefusal.CONFLICT, denied.message());
                    case OVERLOADED -> throw new NacosRefusal(NacosRefusal.OVER_LIMIT, denied.message());
                    case SESSION_EXPIRED, SESSION_SUPERSEDED -> {
                        log.info("Nacos's client {} was not heard for its lease, and connects anew", id);
                        workers.execute(() -> end(denied.message()));
                        throw new NacosRefusal(NacosRefusal.NOT_REGISTERED, denied.message());
                    }
                }
            }
        }
    }

    private RegistryOutcome submit(RegistryCommand command) {
        try {
            return registry.submit(command).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }

    /** One service that the client wants to be told of. */
    private final class Subscriber implements ServiceMirrors.Follower, AutoCloseable {
        private final NacosService service;
        private final String clusters;
        private final String key;
        /* Set once, before anybody but the mirror knows of this one; what the mirror tells before that is in the answer. */
        private volatile ServiceMirrors.@Nullable Following following;

        Subscriber(NacosService service, String clusters) {
            this.service = service;
            this.clusters = clusters;
            this.key = service.inRegistry() + " " + clusters;
        }

        Subscriber follow() {
            following = mirrors.follow(service.inRegistry(), this);
            return this;
        }

        ObjectNode current() {
            var list = Optional.ofNullable(following)
                    .orElseThrow(() -> new IllegalStateException(key + " is not followed yet"))
                    .first()
                    .join();
            return Instances.serviceInfo(
                    service, clusters, list.registrations(), clock.wall().toEpochMilli());
        }

        @Override
        public void changed() {
            var followed = following;
            if (pushes != null && followed != null && followed.mayBeTold()) {
                pushes.push(key, "NotifySubscriberRequest", () -> {
                    var push = NacosPayloads.object()
                            .put("namespace", service.namespace())
                            .put("serviceName", service.name())
                            .put("groupName", service.group());
                    return withInfo(push, current());
                });
            }
        }

        @Override
        public void close() {
            var followed = following;
            if (followed != null) {
                followed.close();
            }
            if (pushes != null) {
                pushes.forget(key);
            }
        }
    }
}
