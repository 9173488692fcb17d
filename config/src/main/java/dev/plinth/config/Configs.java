package dev.plinth.config;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Watcher;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The configuration of this server, on its journal.
 *
 * <p>Callable from any thread; nothing waits. Futures fail with {@link dev.plinth.kernel.Refused} alone, and are completed on the
 * engine's thread.
 */
public final class Configs implements AutoCloseable {
    private final Partition<ConfigEngine, ConfigCommand, ConfigOutcome, Void, Config> partition;

    private Configs(Partition<ConfigEngine, ConfigCommand, ConfigOutcome, Void, Config> partition) {
        this.partition = partition;
    }

    /** How the commands look in the journal that {@link #open} is given. */
    public static Codec<ConfigCommand> commandCodec() {
        return ConfigCodecs.COMMANDS;
    }

    /**
     * Replays the journal, and serves.
     *
     * @throws IOException if the journal is damaged
     */
    public static Configs open(Journal<ConfigCommand> journal, Clock clock) throws IOException {
        return new Configs(Partition.durable(new ConfigEngine(), journal, ConfigCodecs.ALL, Performer.none(), clock));
    }

    public CompletableFuture<ConfigOutcome> submit(ConfigCommand command) {
        return partition.submit(command);
    }

    /** A text with its history; also if it was removed. */
    public CompletableFuture<Optional<Config>> find(ConfigKey key) {
        return partition.read(engine -> engine.find(key));
    }

    /**
     * The texts of a namespace that were not removed, by key.
     *
     * @param after the {@link ConfigKey#key} of the last one of the page before, or the empty string
     * @param limit at most so many; never more than {@link Limits#READ_ITEMS_MAX}
     */
    public CompletableFuture<List<Config>> list(String namespace, String after, int limit) {
        var prefix = ConfigKey.prefix(namespace);
        int most = Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
        return partition.read(engine -> engine.list(prefix, after, most));
    }

    /** Watches all texts, each under {@link ConfigKey#key}; see {@link Partition#watch}. */
    public Watcher.Subscription watch(Watcher<Config> watcher) {
        return partition.watch("", watcher);
    }

    @Override
    public void close() {
        partition.close();
    }
}
