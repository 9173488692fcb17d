package dev.plinth.sdk;

import dev.plinth.rpc.Directory;
import dev.plinth.rpc.Endpoint;
import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Close;
import dev.plinth.wire.registry.v1.Deregister;
import dev.plinth.wire.registry.v1.EndpointName;
import dev.plinth.wire.registry.v1.KeepAlive;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Opened;
import dev.plinth.wire.registry.v1.Refusal;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import dev.plinth.wire.registry.v1.Subscribe;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * This process's session with the registry: what it serves is registered there, and what it calls is known here, for as long as
 * the process lives, whatever becomes of the registry in between.
 */
final class RegistryClient implements Directory, AutoCloseable {
    /*
     * One stream holds everything. When it breaks, a new one is opened with the session's id, and everything is said again:
     * requests say what shall hold, so repeating them costs little and needs no thought about what had arrived.
     *
     * All state but the views belongs to `turns`, one thread that does one thing after the other.
     */
    private static final Logger LOG = System.getLogger(RegistryClient.class.getName());
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
    private static final Duration OPENED_WITHIN = Duration.ofSeconds(5);
    private static final Duration REFUSED_RETRY = Duration.ofSeconds(1);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);
    /* Signs of life in one lease. */
    private static final int LEASE_PARTS = 3;
    /* Where there is another server to go to, one that is silent is not waited for so long as its lease. */
    private static final Duration SILENCE_MAX = Duration.ofMillis(2_500);
    private static final Duration LIFE_SIGN_EVERY = Duration.ofMillis(800);

    /** An endpoint that this process serves. */
    final class Registered {
        private final dev.plinth.wire.registry.v1.Endpoint endpoint;
        private final CompletableFuture<Boolean> acknowledged = new CompletableFuture<>();

        private Registered(dev.plinth.wire.registry.v1.Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        /**
         * False if the registry has not acknowledged it in this time; then that goes on in the background.
         *
         * @throws IllegalArgumentException if the registry refused it for good
         */
        boolean await(Duration timeout) {
            return isTrueWithin(acknowledged, timeout);
        }

        void withdraw() {
            turns.take(() -> {
                if (registered.remove(nameOf(endpoint), this) && stream != null && stream.opened) {
                    stream.deregister(endpoint);
                }
            });
        }
    }

    private record Name(String service, EndpointName endpoint) {}

    private final String client;
    private final ServerChannels servers;
    private final Turns turns;
    private final Map<String, ServiceView> views = new ConcurrentHashMap<>();
    private final CompletableFuture<Boolean> closed = new CompletableFuture<>();

    private final Map<Name, Registered> registered = new LinkedHashMap<>();
    private @Nullable Stream stream;
    private String sessionId = "";
    private long incarnation;
    private int failures;
    private boolean closing;

    /** @param client who this is, for people to read: at most 128 printable ASCII characters */
    RegistryClient(String client, ServerChannels servers, Turns turns) {
        this.client = client;
        this.servers = servers;
        this.turns = turns;
        turns.take(this::connect);
    }

    /** Serves an endpoint until it is {@linkplain Registered#withdraw withdrawn}. */
    Registered register(dev.plinth.wire.registry.v1.Endpoint endpoint) {
        Registered fresh = new Registered(endpoint);
        turns.take(() -> {
            registered.put(nameOf(endpoint), fresh);
            if (stream != null && stream.opened) {
                stream.register(fresh);
            }
        });
        return fresh;
    }

    /** The server that it is connected to, or tries to be. */
    HostPort server() {
        return servers.server(servers.turn());
    }

    /** Starts to follow the service if that is not done yet. */
    @Override
    public List<Endpoint> endpoints(String service) {
        return view(service).endpoints();
    }

    /**
     * Waits for the first list of the service; returns at once ever after.
     *
     * @return what is left of the time-out; nothing if there is no list so far
     */
    Duration awaitListed(String service, Duration timeout) {
        CompletableFuture<Boolean> listed = view(service).listed;
        if (listed.isDone()) {
            return timeout;
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        if (!isTrueWithin(listed, timeout)) {
            return Duration.ZERO;
        }
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    private static boolean isTrueWithin(CompletableFuture<Boolean> future, Duration timeout) {
        try {
            return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                throw new IllegalArgumentException(refused.getMessage(), refused);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private ServiceView view(String service) {
        ServiceView view = views.get(service);
        return view != null ? view : subscribe(service);
    }

    private ServiceView subscribe(String service) {
        ServiceView fresh = new ServiceView();
        ServiceView first = views.putIfAbsent(service, fresh);
        if (first != null) {
            return first;
        }
        turns.take(() -> {
            if (stream != null && stream.opened) {
                stream.subscribe(service);
            }
        });
        return fresh;
    }

    /** Ends the session, so that the endpoints are gone at once and not only when the lease is over. */
    @Override
    public void close() {
        turns.take(() -> {
            closing = true;
            if (stream == null || !stream.opened) {
                closed.complete(true);
            } else {
                stream.close();
            }
        });
        if (!isTrueWithin(closed, CLOSE_PATIENCE)) {
            LOG.log(Level.DEBUG, "the registry did not answer the session''s end; the lease will end it");
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Name nameOf(dev.plinth.wire.registry.v1.Endpoint endpoint) {
        return new Name(
                endpoint.getService(),
                EndpointName.newBuilder()
                        .setProtocol(endpoint.getProtocol())
                        .setAddress(endpoint.getAddress())
                        .build());
    }

    private void connect() {
        if (closing) {
            return;
        }
        Stream fresh = new Stream(servers.turn());
        stream = fresh;
        RegistryGrpc.newStub(servers.registryChannel(fresh.server)).connect(fresh);
        fresh.send(ClientMessage.newBuilder()
                .setOpen(Open.newBuilder()
                        .setSessionId(sessionId)
                        .setClient(client)
                        .setSeveralUpdates(true)));
        Duration openedWithin = servers.count() > 1 ? SILENCE_MAX : OPENED_WITHIN;
        turns.later(openedWithin, () -> {
            if (stream == fresh && !fresh.opened) {
                fresh.cancel("not opened within " + openedWithin);
            }
        });
    }

    private void ended(Stream ended, Status status) {
        if (stream != ended) {
            return;
        }
        stream = null;
        if (closing) {
            closed.complete(true);
            return;
        }
        failures = ended.opened ? 1 : failures + 1;
        servers.leave(ended.server);
        Duration delay = BACKOFF.delay(failures, ThreadLocalRandom.current());
        if (failures == 1) {
            LOG.log(
                    Level.WARNING,
                    "no connection to the registry ({0} {1}); trying again, with what is known so far",
                    status.getCode(),
                    String.valueOf(status.getDescription()));
        }
        turns.later(delay, this::connect);
    }

    private void opened(Stream fresh, Opened opened) {
        boolean sameIncarnation = opened.getIncarnation() == incarnation;
        sessionId = opened.getSessionId();
        incarnation = opened.getIncarnation();
        LOG.log(Level.INFO, "connected to the registry, session {0}", sessionId);
        int settlingMillis = opened.getSettlingMillis();
        views.forEach((service, view) -> {
            view.opened(sameIncarnation, settlingMillis == 0);
            fresh.subscribe(service);
        });
        registered.values().forEach(fresh::register);
        if (settlingMillis > 0) {
            turns.later(Duration.ofMillis(settlingMillis), () -> {
                if (stream == fresh) {
                    views.values().forEach(ServiceView::settled);
                }
            });
        }
        fresh.keepAlive(Duration.ofMillis(opened.getLeaseMillis()));
    }

    /** One stream, from Open to its end. Its methods run in turns, but for the observer's, which hand over. */
    private final class Stream implements ClientResponseObserver<ClientMessage, ServerMessage> {
        private final int server;
        private @Nullable ClientCallStreamObserver<ClientMessage> call;
        private final Map<Long, Consumer<Answer>> unanswered = new HashMap<>();
        private long requests;
        private boolean opened;
        private boolean cancelled;
        private long heardNanos = System.nanoTime();

        /** @param server the turn of the server to which it leads */
        private Stream(int server) {
            this.server = server;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<ClientMessage> requestStream) {
            call = requestStream;
        }

        @Override
        public void onNext(ServerMessage message) {
            turns.take(() -> heard(message));
        }

        @Override
        public void onError(Throwable failure) {
            turns.take(() -> ended(this, Status.fromThrowable(failure)));
        }

        @Override
        public void onCompleted() {
            turns.take(() -> ended(this, Status.OK));
        }

        private void heard(ServerMessage message) {
            heardNanos = System.nanoTime();
            switch (message.getMessageCase()) {
                case OPENED -> {
                    opened = true;
                    RegistryClient.this.opened(this, message.getOpened());
                }
                case ANSWER -> {
                    Consumer<Answer> waiting =
                            unanswered.remove(message.getAnswer().getRequestId());
                    if (waiting != null) {
                        waiting.accept(message.getAnswer());
                    }
                }
                case UPDATE -> updated(message.getUpdate());
                case UPDATES -> message.getUpdates().getUpdatesList().forEach(this::updated);
                case MESSAGE_NOT_SET -> LOG.log(Level.DEBUG, "the registry sent something of a newer version");
            }
        }

        private void updated(ServiceUpdate update) {
            ServiceView view = views.get(update.getService());
            if (view != null) {
                view.update(update);
            }
        }

        void register(Registered what) {
            ask(
                    ClientMessage.newBuilder().setRegister(Register.newBuilder().setEndpoint(what.endpoint)),
                    "register " + what.endpoint.getService() + " at " + what.endpoint.getAddress(),
                    () -> what.acknowledged.complete(true),
                    refusal -> {
                        if (refusal.getCode() == Refusal.Code.INVALID) {
                            what.acknowledged.completeExceptionally(new IllegalArgumentException(refusal.getMessage()));
                        } else if (registered.get(nameOf(what.endpoint)) == what) {
                            register(what);
                        }
                    });
        }

        void deregister(dev.plinth.wire.registry.v1.Endpoint endpoint) {
            ask(
                    ClientMessage.newBuilder()
                            .setDeregister(Deregister.newBuilder()
                                    .setService(endpoint.getService())
                                    .setProtocol(endpoint.getProtocol())
                                    .setAddress(endpoint.getAddress())),
                    "deregister " + endpoint.getService(),
                    () -> {},
                    refusal -> {});
        }

        void subscribe(String service) {
            Subscribe.Builder subscribe = Subscribe.newBuilder().setService(service);
            ServiceView view = views.get(service);
            if (view != null) {
                view.digest().ifPresent(subscribe::setKnown);
            }
            ask(ClientMessage.newBuilder().setSubscribe(subscribe), "subscribe to " + service, () -> {}, refusal -> {
                if (refusal.getCode() != Refusal.Code.INVALID) {
                    subscribe(service);
                }
            });
        }

        /** @param refused called later, if it makes sense to do something about it */
        private void ask(ClientMessage.Builder request, String what, Runnable done, Consumer<Refusal> refused) {
            long id = ++requests;
            unanswered.put(id, answer -> {
                if (!answer.hasRefusal()) {
                    done.run();
                    return;
                }
                Refusal refusal = answer.getRefusal();
                LOG.log(
                        Level.WARNING,
                        "the registry refused to {0}: {1} {2}",
                        what,
                        refusal.getCode(),
                        refusal.getMessage());
                // A duplicate is most often this process's own predecessor, whose connection is about to be noticed
                // broken.
                Duration delay = switch (refusal.getCode()) {
                    case INVALID -> Duration.ZERO;
                    case OVERLOADED -> longer(REFUSED_RETRY, Duration.ofMillis(refusal.getRetryAfterMillis()));
                    default -> REFUSED_RETRY;
                };
                turns.later(delay, () -> {
                    if (stream == this) {
                        refused.accept(refusal);
                    }
                });
            });
            send(request.setRequestId(id));
        }

        void keepAlive(Duration lease) {
            boolean othersToo = servers.count() > 1;
            Duration every = shorter(lease.dividedBy(LEASE_PARTS), othersToo ? LIFE_SIGN_EVERY : lease);
            Duration silenceMax = shorter(lease, othersToo ? SILENCE_MAX : lease);
            turns.later(every, () -> {
                if (stream != this) {
                    return;
                }
                if (System.nanoTime() - heardNanos > silenceMax.toNanos()) {
                    LOG.log(Level.WARNING, "nothing was heard from the registry for {0}", silenceMax);
                    servers.leave(server);
                    return;
                }
                ask(
                        ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance()),
                        "keep alive",
                        () -> {},
                        refusal -> {});
                keepAlive(lease);
            });
        }

        void close() {
            ask(
                    ClientMessage.newBuilder().setClose(Close.getDefaultInstance()),
                    "close",
                    () -> {},
                    refusal -> closed.complete(false));
        }

        void send(ClientMessage.Builder message) {
            if (call != null && !cancelled) {
                call.onNext(message.build());
            }
        }

        void cancel(String why) {
            if (call != null) {
                cancelled = true;
                call.cancel(why, null);
            }
        }
    }
}
