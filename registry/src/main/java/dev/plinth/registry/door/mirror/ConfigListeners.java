package dev.plinth.registry.door.mirror;

import dev.plinth.config.Config;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Watcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Who of a door's clients listens to which text: one watch for all of them. Callable from any thread. */
public final class ConfigListeners implements AutoCloseable, Watcher<Config> {
    /** Told on a thread of the door's. */
    public interface Listener {
        void changed(String key, Optional<Config> config);
    }

    private final Executor workers;
    private final Map<String, Set<Listener>> byKey = new HashMap<>();
    private volatile @Nullable Subscription subscription;

    private ConfigListeners(Executor workers) {
        this.workers = workers;
    }

    public static ConfigListeners open(Configs configs, Executor workers) {
        var listeners = new ConfigListeners(workers);
        var subscription = configs.watch(listeners);
        listeners.subscription = subscription;
        subscription.next();
        return listeners;
    }

    public synchronized void add(String key, Listener listener) {
        byKey.computeIfAbsent(key, _ -> new LinkedHashSet<>()).add(listener);
    }

    public synchronized void remove(String key, Listener listener) {
        byKey.computeIfPresent(key, (_, listeners) -> {
            listeners.remove(listener);
            return listeners.isEmpty() ? null : listeners;
        });
    }

    @Override
    public void accept(Batch<Config> batch) {
        workers.execute(() -> {
            for (var item : batch.items()) {
                listeners(item.key()).forEach(listener -> listener.changed(item.key(), item.view()));
            }
            var following = subscription;
            if (following != null) {
                following.next();
            }
        });
    }

    private synchronized List<Listener> listeners(String key) {
        return new ArrayList<>(byKey.getOrDefault(key, Set.of()));
    }

    @Override
    public void close() {
        var following = subscription;
        if (following != null) {
            following.close();
        }
    }
}
