package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.config.Config;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.NameTable;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.registry.persistent.PersistentEndpoints;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.wire.nacos.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One Nacos client: its connection, and the session that stands for it in our registry. */
final class NacosConnection {
    /*
     * A client's requests are taken one after the other, for the newest that it said of a service is what holds; two at once could be
     * swapped. What clients ask most, to register and whether the server is well, is answered on the transport's own thread, for the
     * registry has its answer at once nearly always: a thread for each request costs more than a registration. All that may wait,
     * above all for the journal, has a thread of its own, and is plain blocking code.
     *
     * What differs from a Nacos server: a connection that breaks does not take its instances with it at once, but at the end of
     * the session's lease; a client that comes back in that time, over a new connection, takes them over, and nobody saw them go.
     * One that says good-bye takes them with it.
     */
    private static final Logger log = LoggerFactory.getLogger(NacosConnection.class);

    /** Clients that have nothing to say ask after the server's health every 5 s. */
    static final Duration LEASE = Duration.ofSeconds(15);

    private static final int CLIENT_CHARS_MAX = 100;
    private static final String REGISTER = "registerInstance";
    private static final String DEREGISTER = "deregisterInstance";

    /** Requests of one client that wait: as many as may be under way, and as many again that it gave up. */
    private static final int WAITING_MAX = 2 * NacosDoor.CALLS_MAX;

    /** The label of a client that registers what others have registered elsewhere. */
    private static final String STAND_IN = "plinth.stand-in";

    private static final Payload REGISTERED = instanceResponse(REGISTER);
    private static final Payload DEREGISTERED = instanceResponse(DEREGISTER);
    private static final Payload HEALTHY = NacosPayloads.payload("HealthCheckResponse", NacosPayloads.success());

    private final Registry registry;
    private final NacosRegistry asked;
    private final NacosConfigs configs;
    private final Clock clock;
    private final Executor workers;
    private final String ip;
    private final String id;
    private final InTurn turns;
    private final Subscriptions subscriptions;
    private final ConfigListeners.Listener configChanged = this::configChanged;

    /** Set when the client's stream comes, read by whoever tells it something. */
    private volatile @Nullable Pushes pushes;

    // What follows belongs to whose turn it is.
    private @Nullable Hold hold;
    private boolean over;
    private final NameTable published = new NameTable();

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
        this.configs = configs;
        this.clock = clock;
        this.workers = workers;
        this.ip = ip;
        this.id = id;
        this.turns = new InTurn(workers, WAITING_MAX);
        this.subscriptions = new Subscriptions(mirrors, clock, () -> Optional.ofNullable(pushes));
    }

    // The client's stream.

    Pushes stream(GrpcCall stream) {
        var opened = new Pushes(stream, clock, workers);
        pushes = opened;
        return opened;
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
        var to = pushes;
        if (payload.getMetadata().getType().equals("ConnectionSetupRequest")) {
            turns.addWaiting(() -> setUp(body));
        } else if (to != null) {
            NacosPayloads.text(body, "requestId").ifPresent(to::acknowledged);
        }
    }

    private void setUp(JsonNode request) {
        if (hold != null || over) {
            return;
        }
        configs.labelled(request.path("labels"));
        var app = NacosPayloads.text(request.path("labels"), "AppName").orElse("unknown");
        var client = "nacos " + app + "@" + ip;
        var printable =
                client.substring(0, Math.min(client.length(), CLIENT_CHARS_MAX)).replaceAll("[^ -~]", "?");
        boolean standIn = request.path("labels").path(STAND_IN).asBoolean();
        RegistryOutcome outcome;
        try {
            outcome = asked.submit(new RegistryCommand.Open(printable, LEASE, Optional.empty(), standIn));
        } catch (Refused refused) {
            end(String.valueOf(refused.getMessage()));
            return;
        }
        switch (outcome) {
            case RegistryOutcome.Opened opened -> hold = opened.hold();
            case RegistryOutcome.Denied denied -> {
                end(denied.message());
                return;
            }
            case RegistryOutcome.Done _, RegistryOutcome.Batch _ ->
                throw new IllegalStateException("an open was answered with " + outcome);
        }
        var to = pushes;
        if (to != null) {
            var acknowledgement = NacosPayloads.object().put("requestId", "");
            acknowledgement.putObject("abilityTable").put("supportPersistentInstanceByGrpc", true);
            to.say("SetupAckRequest", acknowledgement);
        }
    }

    /** The client said good-bye. */
    void ended() {
        turns.addWaiting(() -> release(RegistryCommand.Close::new));
    }

    /** The connection broke. */
    void broken() {
        turns.addWaiting(() -> release(RegistryCommand.Detach::new));
    }

    private void release(Function<Hold, RegistryCommand> farewell) {
        over = true;
        subscriptions.close();
        configs.close(configChanged);
        var to = pushes;
        if (to != null) {
            to.stop();
        }
        if (hold != null) {
            var _ = registry.submit(farewell.apply(hold));
            hold = null;
        }
    }

    /** This side ends it; the client connects anew. */
    private void end(String why) {
        var to = pushes;
        if (to != null) {
            to.end(why);
        }
    }

    // The client's requests.

    /** Who asked. */
    interface Asker {
        void answer(Payload answer);

        /** By a fault of ours. */
        void fail(Throwable failure);
    }

    /** Takes a request; on the transport's thread, which must not wait. */
    void ask(Payload request, Asker asker) {
        boolean taken = turns.offer(over -> begin(request, asker, over));
        if (!taken) {
            asker.answer(failure(
                    request.getMetadata().getType(),
                    new NacosRefusal(
                            NacosRefusal.OVER_LIMIT,
                            "of this client " + WAITING_MAX
                                    + " requests wait, as many as may: expected fewer at a time")));
        }
    }

    private void begin(Payload request, Asker asker, Runnable over) {
        var type = request.getMetadata().getType();
        CompletableFuture<Payload> answer;
        try {
            answer = switch (type) {
                case "HealthCheckRequest" ->
                    done(new RegistryCommand.KeepAlive(hold())).thenApply(_ -> HEALTHY);
                case "InstanceRequest" -> instance(InstanceRequest.read(request), request);
                default -> waiting(() -> answer(type, request));
            };
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        if (answer.isDone()) {
            end(type, answer, asker, over);
        } else {
            var begun = answer;
            var _ = answer.whenComplete((_, _) -> workers.execute(() -> end(type, begun, asker, over)));
        }
    }

    private <T> CompletableFuture<T> waiting(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, workers);
    }

    private static void end(String type, CompletableFuture<Payload> answer, Asker asker, Runnable over) {
        try {
            asker.answer(answer.join());
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case NacosRefusal refusal -> asker.answer(failure(type, refusal));
                case Refused refused -> {
                    var code =
                            refused.code() == Refused.Code.OVERLOADED ? NacosRefusal.OVER_LIMIT : NacosRefusal.FAILED;
                    asker.answer(failure(type, new NacosRefusal(code, String.valueOf(refused.getMessage()))));
                }
                case null, default -> {
                    log.error("a {} failed", type, e);
                    asker.fail(e);
                }
            }
        } finally {
            over.run();
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

    private Payload answer(String type, Payload request) {
        if (type.equals("ServerCheckRequest")) {
            return NacosPayloads.payload(
                    "ServerCheckResponse",
                    NacosPayloads.success().put("connectionId", id).put("supportAbilityNegotiation", true));
        }
        var body = NacosPayloads.body(request);
        return switch (type) {
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
                throw new NacosRefusal(NacosRefusal.UNSUPPORTED, "a request of type " + type + " is not served here");
        };
    }

    private CompletableFuture<Payload> instance(InstanceRequest asked, Payload request) {
        var service = asked.ofService();
        var endpoint = Instances.endpoint(service, asked.instance());
        if (Instances.isPersistent(endpoint)) {
            return waiting(() -> persistentInstance(NacosPayloads.body(request)));
        }
        return switch (asked.type()) {
            case REGISTER -> publish(service, List.of(endpoint)).thenApply(_ -> REGISTERED);
            case DEREGISTER -> {
                // Who deregisters need not say again what else it said when it registered: the address is enough.
                var names = published.of(service.inRegistry()).stream()
                        .filter(name -> name.address().equals(endpoint.name().address()))
                        .toList();
                yield withdraw(names).thenApply(_ -> DEREGISTERED);
            }
            default -> throw unknownType(asked.type());
        };
    }

    private static NacosRefusal unknownType(String type) {
        return new NacosRefusal(
                NacosRefusal.INVALID, "type is \"" + type + "\": expected " + REGISTER + " or " + DEREGISTER);
    }

    private static Payload instanceResponse(String type) {
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
            case REGISTER -> asked.store(endpoint, ip);
            case DEREGISTER -> asked.remove(service, endpoint.name().address(), ip);
            default -> throw unknownType(type);
        }
        return instanceResponse(type);
    }

    private Payload batch(JsonNode body) {
        var service = service(body);
        List<Endpoint> endpoints = new ArrayList<>();
        body.path("instances").forEach(instance -> endpoints.add(Instances.endpoint(service, instance)));
        publish(service, endpoints).join();
        return NacosPayloads.payload(
                "BatchInstanceResponse",
                NacosPayloads.success()
                        .put("type", NacosPayloads.text(body, "type").orElse("")));
    }

    /** What the client says of a service takes the place of what it said before, as in Nacos. */
    private CompletableFuture<Void> publish(NacosService service, List<Endpoint> endpoints) {
        var hold = hold();
        var before = published.of(service.inRegistry());
        var registered = inOrder(
                endpoints.stream()
                        .map(endpoint -> new RegistryCommand.Register(hold, endpoint))
                        .toList(),
                register -> published.add(register.endpoint().name()));
        if (before.isEmpty()) {
            return registered;
        }
        var now = endpoints.stream().map(Endpoint::name).collect(Collectors.toSet());
        return registered.thenCompose(_ ->
                withdraw(before.stream().filter(name -> !now.contains(name)).toList()));
    }

    private CompletableFuture<Void> withdraw(List<EndpointName> names) {
        var hold = hold();
        return inOrder(
                names.stream()
                        .map(name -> new RegistryCommand.Deregister(hold, name))
                        .toList(),
                deregister -> published.remove(deregister.name()));
    }

    /**
     * Submits commands one after the other without waiting in between.
     *
     * @param done for each that took place
     */
    private <T extends RegistryCommand.OfSession> CompletableFuture<Void> inOrder(List<T> commands, Consumer<T> done) {
        if (commands.size() == 1) {
            var only = commands.getFirst();
            return registry.submit(only).thenAccept(outcome -> {
                check(outcome);
                done.accept(only);
            });
        }
        var outcomes = commands.stream().map(registry::submit).toList();
        return all(outcomes).thenRun(() -> {
            // What took place is remembered, also where something before it did not.
            for (int i = 0; i < outcomes.size(); i++) {
                if (outcomes.get(i).join() instanceof RegistryOutcome.Done) {
                    done.accept(commands.get(i));
                }
            }
            outcomes.forEach(outcome -> check(outcome.join()));
        });
    }

    private static CompletableFuture<Void> all(List<? extends CompletableFuture<?>> several) {
        return CompletableFuture.allOf(several.toArray(CompletableFuture[]::new));
    }

    private Payload subscribe(JsonNode body) {
        var service = service(body);
        var selection = new Subscriptions.Selection(
                service, NacosPayloads.text(body, "clusters").orElse(""));
        if (body.path("subscribe").asBoolean()) {
            done(new RegistryCommand.Subscribe(hold(), service.inRegistry())).join();
            return subscriptions.add(selection);
        }
        if (subscriptions.remove(selection)) {
            done(new RegistryCommand.Unsubscribe(hold(), service.inRegistry())).join();
        }
        return NacosPayloads.payload(
                "SubscribeServiceResponse",
                withInfo(NacosPayloads.success(), Instances.serviceInfo(service, selection.clusters(), List.of(), 0)));
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
        var to = pushes;
        if (to != null) {
            configs.news(key, config)
                    .ifPresent(news -> to.push(
                            "config " + key,
                            request -> NacosPayloads.payload(
                                    "ConfigChangeNotifyRequest", news.deepCopy().put("requestId", request))));
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

    /** Fails with a refusal of either kind. */
    private CompletableFuture<Void> done(RegistryCommand.OfSession command) {
        return registry.submit(command).thenAccept(this::check);
    }

    private void check(RegistryOutcome outcome) {
        switch (outcome) {
            case RegistryOutcome.Done _ -> {}
            case RegistryOutcome.Opened _, RegistryOutcome.Batch _ ->
                throw new IllegalStateException("a request within a session was answered with " + outcome);
            case RegistryOutcome.Denied denied -> {
                switch (denied.reason()) {
                    case SESSION_EXPIRED, SESSION_SUPERSEDED -> {
                        log.info("Nacos's client {} was not heard for its lease, and connects anew", id);
                        workers.execute(() -> end(denied.message()));
                    }
                    case DUPLICATE, OVERLOADED -> {}
                }
                throw NacosRegistry.refusal(denied);
            }
        }
    }
}
