package dev.plinth.registry.rules;

import dev.plinth.config.Author;
import dev.plinth.config.Config;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.config.ConfigText;
import dev.plinth.config.ConfigVersion;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Watcher;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what people say of endpoints, and has the registry of this server obey it. Callable from any thread. */
public final class StoredRules implements AutoCloseable, Watcher<Config> {
    /*
     * A rule is a text of the configuration: that has a journal, a history, and who changed it, and is the same on all servers of a
     * cluster. The registry itself stores nothing, so it is told all rules whenever one changes: they are few, and telling them all
     * cannot leave one behind.
     */
    private static final Logger log = LoggerFactory.getLogger(StoredRules.class);
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofSeconds(1);

    private final Registry registry;
    private final Configs configs;
    private final Clock clock;
    private final Executor workers;

    /** By the key of the text. Under this, as is the next one while it comes in pages. */
    private TreeMap<String, StoredRule> known = new TreeMap<>();

    private @Nullable TreeMap<String, StoredRule> building;

    /** Set once, when it opens; read by whoever takes a batch. */
    private volatile @Nullable Subscription subscription;

    private volatile boolean closed;

    private StoredRules(Registry registry, Configs configs, Clock clock, Executor workers) {
        this.registry = registry;
        this.configs = configs;
        this.clock = clock;
        this.workers = workers;
    }

    /**
     * Begins to tell the registry the stored rules, now and whenever one changes.
     *
     * @param workers run what is told of rules that change; they refuse nothing
     */
    public static StoredRules open(Registry registry, Configs configs, Clock clock, Executor workers) {
        var rules = new StoredRules(registry, configs, clock, workers);
        var subscription = configs.watch(rules);
        rules.subscription = subscription;
        subscription.next();
        return rules;
    }

    /** Stores a rule; it takes the place of one of its kind about the same. */
    public CompletableFuture<ConfigOutcome> put(Rule rule, Author author) {
        var key = RuleText.key(rule);
        synchronized (this) {
            if (!known.containsKey(key.key())) {
                if (known.size() >= RegistryLimits.RULES_MAX) {
                    return denied(RegistryLimits.RULES_MAX + " rules are stored, as many as there may be");
                }
                if (rule instanceof Rule.Blacklisted && blacklisted() >= RegistryLimits.BLACKLIST_MAX) {
                    return denied("the blacklist has " + RegistryLimits.BLACKLIST_MAX
                            + " entries, as many as there may be: expected networks in place of hosts");
                }
            }
        }
        var text = ConfigText.of(RuleText.write(rule), "json", "");
        return configs.submit(new ConfigCommand.Publish(key, text, Optional.empty(), author));
    }

    private long blacklisted() {
        return known.values().stream()
                .filter(stored -> stored.rule() instanceof Rule.Blacklisted)
                .count();
    }

    private static CompletableFuture<ConfigOutcome> denied(String why) {
        return CompletableFuture.completedFuture(new ConfigOutcome.Denied(ConfigOutcome.Reason.OVERLOADED, why));
    }

    /** Takes back the rule of this kind about this, whatever else it says. */
    public CompletableFuture<ConfigOutcome> remove(Rule rule, Author author) {
        return configs.submit(new ConfigCommand.Remove(RuleText.key(rule), author));
    }

    /** All that are stored, by kind. */
    public synchronized List<StoredRule> all() {
        return List.copyOf(known.values());
    }

    /** The stored one of a rule that the registry obeys, unless it was taken back meanwhile. */
    public synchronized Optional<StoredRule> find(Rule rule) {
        return Optional.ofNullable(known.get(RuleText.key(rule).key()));
    }

    @Override
    public void accept(Batch<Config> batch) {
        workers.execute(() -> {
            if (take(batch)) {
                tell();
            }
            var following = subscription;
            if (following != null) {
                following.next();
            }
        });
    }

    /** Whether the rules may be other ones now. */
    private synchronized boolean take(Batch<Config> batch) {
        if (batch.reset()) {
            building = new TreeMap<>();
        }
        var into = building == null ? known : building;
        boolean concerned = false;
        for (var item : batch.items()) {
            if (item.key().startsWith(ConfigKey.prefix(RuleText.NAMESPACE))) {
                concerned = true;
                into.remove(item.key());
                item.view().flatMap(config -> read(item.key(), config)).ifPresent(rule -> into.put(item.key(), rule));
            }
        }
        boolean replaced = batch.complete() && building != null;
        if (replaced) {
            known = into;
            building = null;
        }
        return replaced || (concerned && building == null);
    }

    private static Optional<StoredRule> read(String key, Config config) {
        if (config.current().isEmpty()) {
            return Optional.empty();
        }
        try {
            ConfigVersion newest = config.versions().getLast();
            return Optional.of(
                    new StoredRule(RuleText.read(config.current().get().content()), newest.author(), newest.at()));
        } catch (IllegalArgumentException e) {
            log.warn("the text {} is no rule, and is passed over: {}", key, e.getMessage());
            return Optional.empty();
        }
    }

    /** What is read last is told last: so what the registry obeys in the end is the newest. */
    private synchronized void tell() {
        if (closed) {
            return;
        }
        List<Rule> rules = known.values().stream().map(StoredRule::rule).toList();
        var _ = registry.submit(new RegistryCommand.Obey(rules)).whenComplete((_, failure) -> {
            if (failure != null && !closed) {
                log.warn("the registry does not take the rules, and is told again: {}", failure.getMessage());
                clock.schedule(TOLD_AGAIN_AFTER, () -> workers.execute(this::tell));
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        var following = subscription;
        if (following != null) {
            following.close();
        }
    }
}
