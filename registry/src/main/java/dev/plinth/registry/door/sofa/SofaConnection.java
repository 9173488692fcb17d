package dev.plinth.registry.door.sofa;

import dev.plinth.config.Config;
import dev.plinth.config.ConfigClient;
import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.OneByOne;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import dev.plinth.registry.door.mirror.ConfigListeners;
import dev.plinth.registry.door.mirror.ServiceMirrors;
import dev.plinth.rpc.BoltConnection;
import dev.plinth.rpc.BoltListener;
import dev.plinth.rpc.RpcException;
import dev.plinth.rpc.hessian.BodyException;
import dev.plinth.rpc.hessian.ForeignBodies;
import dev.plinth.rpc.hessian.ForeignObject;
import dev.plinth.rpc.hessian.SofaBodies;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One SOFARegistry client: its connection, and the session that stands for it in our registry. */
final class SofaConnection implements BoltListener.Served {
    /*
     * A client's requests are carried out in their order, by plain blocking code on threads that may wait. The session is opened
     * with the first registration, so whoever only connects costs a socket and nothing else.
     *
     * As at Nacos's door, a connection that breaks leaves what was published for its lease, where SOFARegistry takes it at once: a
     * client that comes back in that time takes it over, and no subscriber saw it go. The protocol has no good-bye but to take
     * back each registration.
     */
    private static final Logger log = LoggerFactory.getLogger(SofaConnection.class);

    static final Duration LEASE = Duration.ofSeconds(15);

    /** So often the client is asked whether it is there. */
    private static final Duration BEAT_EVERY = Duration.ofSeconds(5);

    /** A client that is silent for so long is gone. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(20);

    /** Requests of one client that wait for the one before. */
    private static final int WAITING_MAX = 256;

    /** Registrations of one client, publishers, subscribers and configurators together. */
    private static final int REGISTRATIONS_MAX = 4_000;

    private static final int CLIENT_CHARS_MAX = 100;

    private final Registry registry;
    private final ServiceMirrors mirrors;
    private final Configs configs;
    private final ConfigListeners listeners;
    private final Clock clock;
    private final BoltConnection connection;
    private final String ip;
    private final OneByOne tasks;
    private final SofaPushes pushes;

    /** By the clock's nanoTime; written by the connection's thread, read by the clock's. */
    private volatile long heardNanos;

    private volatile boolean closed;

    // Only in tasks.
    private @Nullable Hold hold;
    private final Map<String, Published> published = new HashMap<>();
    private final Map<EndpointName, String> publisherByName = new HashMap<>();
    private final Map<String, Followed> followed = new HashMap<>();

    private record Published(SofaMessages.Head head, Set<EndpointName> names) {}

    private interface Followed extends AutoCloseable {
        SofaMessages.Head head();

        @Override
        void close();
    }

    SofaConnection(
            Registry registry,
            ServiceMirrors mirrors,
            Configs configs,
            ConfigListeners listeners,
            Clock clock,
            Executor workers,
            BoltConnection connection) {
        this.registry = registry;
        this.mirrors = mirrors;
        this.configs = configs;
        this.listeners = listeners;
        this.clock = clock;
        this.connection = connection;
        this.ip = connection.remoteHost();
        this.tasks = new OneByOne(workers, WAITING_MAX);
        this.pushes = new SofaPushes(connection, clock, workers);
        this.heardNanos = clock.nanoTime();
        clock.schedule(BEAT_EVERY, this::beat);
    }

    /** On the clock's thread. */
    private void beat() {
        if (closed) {
            return;
        }
        long silent = clock.nanoTime() - heardNanos;
        if (silent > SILENCE_MAX.toNanos()) {
            log.info("SOFARegistry's client at {} has been silent for {} s: closed", ip, SILENCE_MAX.toSeconds());
            connection.close();
            return;
        }
        pushes.beat();
        if (silent < 2 * BEAT_EVERY.toNanos()) {
            tasks.offer(this::keepAlive);
        }
        clock.schedule(BEAT_EVERY, this::beat);
    }

    private void keepAlive() {
        if (hold != null) {
            try {
                var _ = asked(new RegistryCommand.KeepAlive(hold));
            } catch (Refused refused) {
                log.debug("no renewal for SOFARegistry's client at {}: {}", ip, refused.getMessage());
            }
        }
    }

    @Override
    public void frame(BoltFrame frame) {
        heardNanos = clock.nanoTime();
        switch (frame) {
            case BoltFrame.Request request -> request(request);
            case BoltFrame.Heartbeat beat -> connection.write(new BoltFrame.HeartbeatAck(beat.dialect(), beat.id()));
            case BoltFrame.HeartbeatAck _ -> {}
            case BoltFrame.Response response -> answered(response);
        }
    }

    private void answered(BoltFrame.Response response) {
        try {
            boolean taken = response.status() == BoltStatus.SUCCESS
                    && ForeignBodies.read(response.content()).isTrue("success");
            pushes.answered(response.id(), taken);
        } catch (BodyException e) {
            log.warn("answer of SOFARegistry's client at {} to a push: {}", ip, e.reason());
        } finally {
            response.release();
        }
    }

    private void request(BoltFrame.Request request) {
        pushes.dialect(request.dialect());
        ForeignObject object;
        try {
            object = ForeignBodies.read(request.content());
        } catch (BodyException e) {
            refuse(request, BoltStatus.CODEC_EXCEPTION, RpcException.Code.BAD_REQUEST, e.reason());
            return;
        } finally {
            request.release();
        }
        if (!tasks.offer(() -> answer(request, object))) {
            refuse(
                    request,
                    BoltStatus.SERVER_THREADPOOL_BUSY,
                    RpcException.Code.OVERLOADED,
                    "more than " + WAITING_MAX + " requests of this client are waiting");
        }
    }

    private void refuse(BoltFrame.Request request, BoltStatus status, RpcException.Code code, String why) {
        if (!request.oneWay()) {
            connection.refuse(request.dialect(), request.id(), status, new RpcException(code, why));
        }
    }

    private void answer(BoltFrame.Request request, ForeignObject object) {
        Optional<SofaMessages.Request> read;
        try {
            read = SofaMessages.read(object);
        } catch (IllegalArgumentException e) {
            reply(
                    request,
                    SofaMessages.registered(
                            object.text("registId").orElse(""),
                            object.number("version").orElse(0L),
                            true,
                            true,
                            String.valueOf(e.getMessage())));
            return;
        }
        if (read.isEmpty()) {
            refuse(
                    request,
                    BoltStatus.NO_PROCESSOR,
                    RpcException.Code.BAD_REQUEST,
                    "a request of type " + object.type() + " is not served here");
            return;
        }
        switch (read.get()) {
            case SofaMessages.SyncConfig _ -> reply(request, SofaMessages.synced());
            case SofaMessages.Register register -> reply(request, register(register));
        }
    }

    private void reply(BoltFrame.Request request, ForeignObject answer) {
        if (request.oneWay()) {
            return;
        }
        var content = Unpooled.buffer();
        ForeignBodies.write(answer, content);
        connection.write(new BoltFrame.Response(
                request.dialect(),
                request.id(),
                SofaBodies.CODEC,
                BoltStatus.SUCCESS,
                answer.type(),
                Unpooled.EMPTY_BUFFER,
                content));
    }

    private ForeignObject register(SofaMessages.Register register) {
        var head = register.head();
        try {
            if (!isOld(head)) {
                switch (register) {
                    case SofaMessages.Publish publish -> publish(publish);
                    case SofaMessages.Subscribe subscribe -> subscribe(subscribe);
                    case SofaMessages.Configure configure -> configure(configure);
                }
            }
            return SofaMessages.registered(head.id(), head.version(), true, false, "");
        } catch (Denied denied) {
            return SofaMessages.registered(head.id(), head.version(), false, false, denied.why);
        } catch (Refused refused) {
            return SofaMessages.registered(
                    head.id(), head.version(), false, false, String.valueOf(refused.getMessage()));
        } catch (IllegalArgumentException e) {
            return SofaMessages.registered(head.id(), head.version(), true, true, String.valueOf(e.getMessage()));
        }
    }

    /** Whether something newer is known of the registration: then this one says nothing any more. */
    private boolean isOld(SofaMessages.Head head) {
        var publisher = published.get(head.id());
        var follower = followed.get(head.id());
        return (publisher != null && head.isOlderThan(publisher.head()))
                || (follower != null && head.isOlderThan(follower.head()));
    }

    private void publish(SofaMessages.Publish publish) {
        var head = publish.head();
        var before = published.get(head.id());
        var names = new LinkedHashSet<>(before == null ? Set.of() : before.names());
        if (!head.on()) {
            names.forEach(this::withdraw);
            published.remove(head.id());
            return;
        }
        room(before != null);
        var endpoints = SofaTexts.endpoints(
                publish, name -> !publisherByName.getOrDefault(name, head.id()).equals(head.id()));
        // From here on each step is noted as it is done: what is refused half-way is repeated by the client, or
        // withdrawn.
        published.put(head.id(), new Published(head, names));
        var hold = hold(head);
        // All at once: the client waits for a second and no longer, and may publish a thousand texts.
        Map<EndpointName, CompletableFuture<RegistryOutcome>> underWay = new LinkedHashMap<>();
        for (var endpoint : endpoints) {
            underWay.put(endpoint.name(), registry.submit(new RegistryCommand.Register(hold, endpoint)));
        }
        var refused = Optional.<String>empty();
        for (var entry : underWay.entrySet()) {
            if (join(entry.getValue()) instanceof RegistryOutcome.Denied denied) {
                endIfOver(denied);
                refused = refused.or(() -> Optional.of(denied.message()));
            } else {
                names.add(entry.getKey());
                publisherByName.put(entry.getKey(), head.id());
            }
        }
        if (refused.isPresent()) {
            throw new Denied(refused.get());
        }
        var now = underWay.keySet();
        for (var name : List.copyOf(names)) {
            if (!now.contains(name)) {
                withdraw(name);
                names.remove(name);
            }
        }
    }

    private void withdraw(EndpointName name) {
        if (hold != null) {
            done(new RegistryCommand.Deregister(hold, name));
        }
        publisherByName.remove(name);
    }

    private void room(boolean known) {
        if (!known && published.size() + followed.size() >= REGISTRATIONS_MAX) {
            throw new Denied("this client has " + REGISTRATIONS_MAX + " registrations, as many as one may have");
        }
    }

    private void subscribe(SofaMessages.Subscribe subscribe) {
        var head = subscribe.head();
        var service = head.service().inRegistry();
        var before = followed.get(head.id());
        if (head.on()) {
            room(before != null);
            done(new RegistryCommand.Subscribe(hold(head), service));
        }
        unfollow(head.id());
        if (head.on()) {
            followed.put(head.id(), new Subscriber(subscribe).follow());
        } else if (hold != null
                && followed.values().stream()
                        .noneMatch(other -> other instanceof Subscriber
                                && other.head().service().equals(head.service()))) {
            done(new RegistryCommand.Unsubscribe(hold, service));
        }
    }

    private void configure(SofaMessages.Configure configure) {
        var head = configure.head();
        if (head.on()) {
            room(followed.containsKey(head.id()));
            hold(head);
        }
        unfollow(head.id());
        if (head.on()) {
            followed.put(head.id(), new Configurator(configure).follow());
        }
    }

    private void unfollow(String id) {
        var follower = followed.remove(id);
        if (follower != null) {
            follower.close();
        }
    }

    @Override
    public void closed() {
        closed = true;
        pushes.stop();
        tasks.add(() -> {
            followed.values().forEach(Followed::close);
            followed.clear();
            if (hold != null) {
                var _ = registry.submit(new RegistryCommand.Detach(hold));
                hold = null;
            }
        });
    }

    // The session.

    private static final class Denied extends RuntimeException {
        private final String why;

        Denied(String why) {
            super(why, null, false, false);
            this.why = why;
        }
    }

    private Hold hold(SofaMessages.Head head) {
        if (hold != null) {
            return hold;
        }
        if (closed) {
            throw new Denied("the connection is closed");
        }
        var client = "sofaregistry " + head.application() + "@" + ip;
        var printable =
                client.substring(0, Math.min(client.length(), CLIENT_CHARS_MAX)).replaceAll("[^ -~]", "?");
        return switch (join(registry.submit(new RegistryCommand.Open(printable, LEASE, Optional.empty())))) {
            case RegistryOutcome.Opened opened -> {
                hold = opened.hold();
                yield opened.hold();
            }
            case RegistryOutcome.Denied denied -> throw new Denied(denied.message());
            case RegistryOutcome.Done _, RegistryOutcome.Batch _ ->
                throw new IllegalStateException("an open was answered otherwise");
        };
    }

    private void done(RegistryCommand.OfSession command) {
        if (asked(command) instanceof RegistryOutcome.Denied denied) {
            throw new Denied(denied.message());
        }
    }

    private RegistryOutcome asked(RegistryCommand.OfSession command) {
        var outcome = join(registry.submit(command));
        if (outcome instanceof RegistryOutcome.Denied denied) {
            endIfOver(denied);
        }
        return outcome;
    }

    private void endIfOver(RegistryOutcome.Denied denied) {
        if (denied.reason() == RegistryOutcome.Reason.SESSION_EXPIRED
                || denied.reason() == RegistryOutcome.Reason.SESSION_SUPERSEDED) {
            log.info("SOFARegistry's client at {} was not heard for its lease, and connects anew", ip);
            connection.close();
        }
    }

    private static <T> T join(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }

    /** One registration that wants to be told of a service. */
    private final class Subscriber implements ServiceMirrors.Follower, Followed {
        private final SofaMessages.Subscribe subscribe;
        /* Set once, at the start; what the mirror tells before that it tells again when the list is there. */
        private volatile ServiceMirrors.@Nullable Following following;

        Subscriber(SofaMessages.Subscribe subscribe) {
            this.subscribe = subscribe;
        }

        Subscriber follow() {
            var begun = mirrors.follow(head().service().inRegistry(), this);
            following = begun;
            var _ = begun.first().thenRun(this::changed);
            return this;
        }

        @Override
        public SofaMessages.Head head() {
            return subscribe.head();
        }

        @Override
        public void changed() {
            var begun = following;
            if (begun != null && begun.mayBeTold()) {
                pushes.push(head().id(), version -> SofaMessages.received(subscribe, texts(begun.list()), version));
            }
        }

        private SortedMap<String, List<String>> texts(ServiceMirrors.ServiceList list) {
            SortedMap<String, List<String>> byZone = new TreeMap<>();
            for (var registration : list.registrations()) {
                var zone = SofaTexts.zone(registration);
                if (subscribe.scope() != SofaMessages.Scope.ZONE || zone.equals(head().zone())) {
                    byZone.computeIfAbsent(zone, _ -> new ArrayList<>()).add(SofaTexts.text(registration));
                }
            }
            return byZone;
        }

        @Override
        public void close() {
            var begun = following;
            if (begun != null) {
                begun.close();
            }
            pushes.forget(head().id());
        }
    }

    /** One registration that wants to be told of a text of the configuration. */
    private final class Configurator implements ConfigListeners.Listener, Followed {
        private final SofaMessages.Configure configure;
        private final ConfigKey key;

        Configurator(SofaMessages.Configure configure) {
            this.configure = configure;
            var service = configure.head().service();
            this.key = new ConfigKey(service.namespace(), service.group(), service.name());
        }

        Configurator follow() {
            // First the ear, then the look: what changes in between is told.
            listeners.add(key.key(), this);
            tell();
            return this;
        }

        @Override
        public SofaMessages.Head head() {
            return configure.head();
        }

        @Override
        public void changed(String changedKey, Optional<Config> config) {
            tell();
        }

        private void tell() {
            var client = new ConfigClient(ip + " " + head().application(), ip, Map.of());
            pushes.push(
                    head().id(),
                    version -> SofaMessages.received(
                            configure,
                            join(configs.find(key))
                                    .flatMap(config -> config.forClient(client))
                                    .map(ConfigText::content),
                            version));
        }

        @Override
        public void close() {
            listeners.remove(key.key(), this);
            pushes.forget(head().id());
        }
    }
}
