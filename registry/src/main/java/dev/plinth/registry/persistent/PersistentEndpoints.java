package dev.plinth.registry.persistent;

import dev.plinth.config.Author;
import dev.plinth.config.Config;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Configs;
import dev.plinth.config.StoredTexts;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.RegistryOutcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Endpoints that people enter and no client vouches for: they survive a restart, are the same on all servers, and are served while
 * they answer a probe. Callable from any thread.
 */
public final class PersistentEndpoints implements AutoCloseable {
    /*
     * What is durable of them is a text of the configuration each: that has a journal, a history, and who changed it. What is live
     * is a session of the registry like any other, which this object keeps with probes in place of a client's beats. Each server
     * probes for itself; an endpoint that one of them reaches is served, for each claims what it reaches.
     */
    private static final Logger log = LoggerFactory.getLogger(PersistentEndpoints.class);
    private static final Duration PROBE_EVERY = Duration.ofSeconds(2);
    private static final Duration LEASE = Duration.ofSeconds(15);

    /** As many as one session may have. */
    public static final int ENDPOINTS_MAX = RegistryLimits.SESSION_ENDPOINTS_MAX;

    private static final int PROBES_AT_ONCE_MAX = 64;

    /** An endpoint that failed so often in a row is not served. */
    private static final int FAILURES_MAX = 3;

    private final Registry registry;
    private final Configs configs;
    private final Clock clock;
    private final Executor workers;
    private final Semaphore probes = new Semaphore(PROBES_AT_ONCE_MAX);

    private final StoredTexts<Endpoint> texts;

    // Only in a round of probes, and there is one at a time.
    private final Map<EndpointName, Integer> failures = new HashMap<>();
    private final Map<EndpointName, Endpoint> served = new HashMap<>();
    private @Nullable Hold hold;

    /** Set when this closes, read by the clock's thread. */
    private volatile boolean closed;

    private PersistentEndpoints(Registry registry, Configs configs, Clock clock, Executor workers) {
        this.registry = registry;
        this.configs = configs;
        this.clock = clock;
        this.workers = workers;
        this.texts = new StoredTexts<>(EndpointText.NAMESPACE, PersistentEndpoints::read, workers, () -> {});
    }

    /**
     * Begins to probe and to serve what is stored.
     *
     * @param workers probes wait in them, so they are as many as it takes: virtual threads
     */
    public static PersistentEndpoints open(Registry registry, Configs configs, Clock clock, Executor workers) {
        var endpoints = new PersistentEndpoints(registry, configs, clock, workers);
        endpoints.texts.follow(configs);
        endpoints.later();
        return endpoints;
    }

    /** The metadata key that says of an endpoint that it is one of these. */
    public static final String MARK = "plinth.persistent";

    /** Stores an endpoint, or changes one. */
    public CompletableFuture<ConfigOutcome> put(Endpoint endpoint, Author author) {
        var key = EndpointText.key(endpoint.name());
        if (texts.find(key).isEmpty() && texts.all().size() >= ENDPOINTS_MAX) {
            return CompletableFuture.completedFuture(new ConfigOutcome.Denied(
                    ConfigOutcome.Reason.OVERLOADED,
                    ENDPOINTS_MAX + " persistent endpoints are stored, as many as there may be"));
        }
        var text = ConfigText.of(EndpointText.write(endpoint), "json", "");
        return configs.submit(new ConfigCommand.Publish(key, text, Optional.empty(), author));
    }

    /** Removes the endpoints of a service at an address, whatever their protocol; the outcome of the last one, if there was one. */
    public CompletableFuture<Optional<ConfigOutcome>> remove(String service, String address, Author author) {
        CompletableFuture<Optional<ConfigOutcome>> last = CompletableFuture.completedFuture(Optional.empty());
        for (var endpoint : texts.all()) {
            var name = endpoint.name();
            if (name.service().equals(service) && name.address().equals(address)) {
                last = last.thenCombine(
                        configs.submit(new ConfigCommand.Remove(EndpointText.key(name), author)),
                        (_, outcome) -> Optional.of(outcome));
            }
        }
        return last;
    }

    private static Optional<Endpoint> read(String key, Config config) {
        try {
            return config.current().map(text -> EndpointText.read(text.content()));
        } catch (IllegalArgumentException e) {
            log.warn("the text {} is no endpoint, and is passed over: {}", key, e.getMessage());
            return Optional.empty();
        }
    }

    private void later() {
        if (closed) {
            return;
        }
        clock.schedule(PROBE_EVERY, () -> {
            if (!closed) {
                workers.execute(() -> {
                    try {
                        round();
                    } catch (Refused refused) {
                        log.debug("persistent endpoints: {}", refused.getMessage());
                    } finally {
                        later();
                    }
                });
            }
        });
    }

    private void round() {
        var endpoints = texts.all();
        Map<EndpointName, Boolean> answers = probe(endpoints);
        if (hold != null && submit(new RegistryCommand.KeepAlive(hold)) instanceof RegistryOutcome.Denied) {
            hold = null;
            served.clear();
        }
        Map<EndpointName, Endpoint> wanted = new HashMap<>();
        for (var endpoint : endpoints) {
            int failed =
                    answers.getOrDefault(endpoint.name(), false) ? 0 : failures.getOrDefault(endpoint.name(), 0) + 1;
            failures.put(endpoint.name(), failed);
            if (failed == 0 || (failed < FAILURES_MAX && served.containsKey(endpoint.name()))) {
                wanted.put(endpoint.name(), endpoint);
            }
        }
        failures.keySet().retainAll(answers.keySet());
        for (var name : List.copyOf(served.keySet())) {
            if (!wanted.containsKey(name) && hold != null) {
                var _ = submit(new RegistryCommand.Deregister(hold, name));
                served.remove(name);
            }
        }
        wanted.values().forEach(this::serve);
    }

    private Map<EndpointName, Boolean> probe(List<Endpoint> endpoints) {
        Map<EndpointName, Boolean> answers = new HashMap<>();
        var done = new CountDownLatch(endpoints.size());
        for (var endpoint : endpoints) {
            probes.acquireUninterruptibly();
            workers.execute(() -> {
                try {
                    boolean answered = Probe.answers(endpoint);
                    synchronized (answers) {
                        answers.put(endpoint.name(), answered);
                    }
                } finally {
                    probes.release();
                    done.countDown();
                }
            });
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (answers) {
            return new HashMap<>(answers);
        }
    }

    private void serve(Endpoint endpoint) {
        if (endpoint.equals(served.get(endpoint.name()))) {
            return;
        }
        var open = hold;
        if (open == null) {
            var opened = submit(new RegistryCommand.Open("persistent endpoints", LEASE, Optional.empty()));
            if (!(opened instanceof RegistryOutcome.Opened session)) {
                return;
            }
            open = session.hold();
            hold = open;
        }
        if (submit(new RegistryCommand.Register(open, endpoint)) instanceof RegistryOutcome.Done) {
            served.put(endpoint.name(), endpoint);
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

    @Override
    public void close() {
        closed = true;
        texts.close();
    }
}
