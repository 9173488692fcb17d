package dev.plinth.config;

import dev.plinth.kernel.Watcher;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the texts of one namespace say, for a feature that stores something of its own in the configuration: read once, when they
 * change, and known without asking. Callable from any thread.
 */
public final class StoredTexts<T> implements AutoCloseable, Watcher<Config> {
    /** Reads a text. */
    @FunctionalInterface
    public interface Reader<T> {
        /** Does not wait. Returns nothing if the text was removed, or says nothing that can be understood: it is passed over. */
        Optional<T> read(String key, Config config);
    }

    private final String prefix;
    private final Reader<T> reader;
    private final Executor workers;
    private final Runnable changed;

    // Guarded by this: by the key of the text, and the same as it is being replaced, which comes in pages.
    private TreeMap<String, T> known = new TreeMap<>();
    private @Nullable TreeMap<String, T> building;

    /** Set once, when it begins to follow; read by whoever takes a batch. */
    private volatile @Nullable Subscription subscription;

    /**
     * Knows nothing before it {@link #follow}s.
     *
     * @param workers read the texts; they refuse nothing
     * @param changed called by a worker when the texts may say something else now
     */
    public StoredTexts(String namespace, Reader<T> reader, Executor workers, Runnable changed) {
        this.prefix = ConfigKey.prefix(namespace);
        this.reader = reader;
        this.workers = workers;
        this.changed = changed;
    }

    /** Begins to read these texts, now and whenever one changes. Called once. */
    public void follow(Configs configs) {
        var following = configs.watch(this);
        subscription = following;
        following.next();
    }

    public synchronized Optional<T> find(ConfigKey key) {
        return Optional.ofNullable(known.get(key.key()));
    }

    /** All that are known, by key. */
    public synchronized List<T> all() {
        return List.copyOf(known.values());
    }

    @Override
    public void accept(Batch<Config> batch) {
        workers.execute(() -> {
            if (take(batch)) {
                changed.run();
            }
            var following = subscription;
            if (following != null) {
                following.next();
            }
        });
    }

    /** Whether the texts may say something else now. */
    private synchronized boolean take(Batch<Config> batch) {
        if (batch.reset()) {
            building = new TreeMap<>();
        }
        var into = building == null ? known : building;
        boolean concerned = false;
        for (var item : batch.items()) {
            if (item.key().startsWith(prefix)) {
                concerned = true;
                into.remove(item.key());
                item.view()
                        .flatMap(config -> reader.read(item.key(), config))
                        .ifPresent(read -> into.put(item.key(), read));
            }
        }
        boolean replaced = batch.complete() && building != null;
        if (replaced) {
            known = into;
            building = null;
        }
        return replaced || (concerned && building == null);
    }

    @Override
    public void close() {
        var following = subscription;
        if (following != null) {
            following.close();
        }
    }
}
