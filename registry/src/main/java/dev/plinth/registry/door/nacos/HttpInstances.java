package dev.plinth.registry.door.nacos;

import dev.plinth.kernel.Clock;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Hold;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryOutcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Instances of those who speak HTTP: no connection tells whether they live, a beat for each instance does. */
final class HttpInstances {
    /*
     * A beat names one instance, so each has a session of its own; the lease is as long as Nacos's servers keep an instance
     * without a beat. A beat may come to another server than the registration did: there it finds nothing and is told so, the
     * client registers there, and the newer claim holds.
     */
    static final Duration LEASE = Duration.ofSeconds(30);
    private static final int CLIENT_CHARS_MAX = 100;

    /** An instance is its service and its address; what protocol it says it speaks may change. */
    private record Key(String service, String address) {
        static Key of(EndpointName name) {
            return new Key(name.service(), name.address());
        }
    }

    /** @param renewedNanos by the clock's nanoTime */
    private record Held(Hold hold, EndpointName name, long renewedNanos) {}

    private final NacosRegistry registry;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Key, Held> held = new HashMap<>();

    HttpInstances(NacosRegistry registry, Clock clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /** Registers an instance, or changes one. */
    void register(Endpoint endpoint, String ip) {
        lock.lock();
        try {
            var key = Key.of(endpoint.name());
            var known = held.get(key);
            if (known != null && renew(key, known)) {
                done(new RegistryCommand.Register(known.hold(), endpoint));
                if (!known.name().equals(endpoint.name())) {
                    done(new RegistryCommand.Deregister(known.hold(), known.name()));
                }
                held.put(key, new Held(known.hold(), endpoint.name(), clock.nanoTime()));
                return;
            }
            var hold = open(ip);
            try {
                done(new RegistryCommand.Register(hold, endpoint));
            } catch (NacosRefusal refusal) {
                var _ = registry.submit(new RegistryCommand.Close(hold));
                throw refusal;
            }
            held.put(key, new Held(hold, endpoint.name(), clock.nanoTime()));
        } finally {
            lock.unlock();
        }
    }

    private Hold open(String ip) {
        var client = "nacos http@" + ip;
        var printable =
                client.substring(0, Math.min(client.length(), CLIENT_CHARS_MAX)).replaceAll("[^ -~]", "?");
        return switch (registry.submit(new RegistryCommand.Open(printable, LEASE, Optional.empty()))) {
            case RegistryOutcome.Opened opened -> opened.hold();
            case RegistryOutcome.Denied denied -> throw NacosRegistry.refusal(denied);
            case RegistryOutcome.Done _, RegistryOutcome.Batch _ ->
                throw new IllegalStateException("an open was answered otherwise");
        };
    }

    private void done(RegistryCommand command) {
        if (registry.submit(command) instanceof RegistryOutcome.Denied denied) {
            throw NacosRegistry.refusal(denied);
        }
    }

    /** Takes an instance back, if it is of this door. */
    void deregister(NacosService service, String address) {
        lock.lock();
        try {
            var known = held.remove(new Key(service.inRegistry(), address));
            if (known != null) {
                var _ = registry.submit(new RegistryCommand.Close(known.hold()));
            }
        } finally {
            lock.unlock();
        }
    }

    /** An instance gives a sign of life; false if it is not known here, and has to be registered anew. */
    boolean beat(NacosService service, String address) {
        lock.lock();
        try {
            var key = new Key(service.inRegistry(), address);
            var known = held.get(key);
            return known != null && renew(key, known);
        } finally {
            lock.unlock();
        }
    }

    private boolean renew(Key key, Held known) {
        if (registry.submit(new RegistryCommand.KeepAlive(known.hold())) instanceof RegistryOutcome.Done) {
            held.put(key, new Held(known.hold(), known.name(), clock.nanoTime()));
            return true;
        }
        held.remove(key);
        return false;
    }

    /** Forgets those whose lease is over: they are gone from the registry. */
    void sweep() {
        lock.lock();
        try {
            held.values().removeIf(one -> clock.nanoTime() - one.renewedNanos() > LEASE.toNanos());
        } finally {
            lock.unlock();
        }
    }
}
