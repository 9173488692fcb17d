package dev.plinth.registry.rules;

import dev.plinth.config.Author;
import dev.plinth.config.Config;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigOutcome;
import dev.plinth.config.ConfigText;
import dev.plinth.config.ConfigVersion;
import dev.plinth.config.Configs;
import dev.plinth.config.StoredTexts;
import dev.plinth.kernel.Clock;
import dev.plinth.registry.Registry;
import dev.plinth.registry.RegistryCommand;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what people say of endpoints, and has the registry of this server obey it. Callable from any thread. */
public final class StoredRules implements AutoCloseable {
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
    private final StoredTexts<StoredRule> texts;

    private volatile boolean closed;

    private StoredRules(Registry registry, Configs configs, Clock clock, Executor workers) {
        this.registry = registry;
        this.configs = configs;
        this.clock = clock;
        this.workers = workers;
        this.texts = new StoredTexts<>(RuleText.NAMESPACE, StoredRules::read, workers, this::tell);
    }

    /**
     * Begins to tell the registry the stored rules, now and whenever one changes.
     *
     * @param workers run what is told of rules that change; they refuse nothing
     */
    public static StoredRules open(Registry registry, Configs configs, Clock clock, Executor workers) {
        var rules = new StoredRules(registry, configs, clock, workers);
        rules.texts.follow(configs);
        return rules;
    }

    /** Stores a rule; it takes the place of one of its kind about the same. */
    public CompletableFuture<ConfigOutcome> put(Rule rule, Author author) {
        var key = RuleText.key(rule);
        if (texts.find(key).isEmpty()) {
            var all = texts.all();
            if (all.size() >= RegistryLimits.RULES_MAX) {
                return denied(RegistryLimits.RULES_MAX + " rules are stored, as many as there may be");
            }
            if (rule instanceof Rule.Blacklisted && blacklisted(all) >= RegistryLimits.BLACKLIST_MAX) {
                return denied("the blacklist has " + RegistryLimits.BLACKLIST_MAX
                        + " entries, as many as there may be: expected networks in place of hosts");
            }
        }
        var text = ConfigText.of(RuleText.write(rule), "json", "");
        return configs.submit(new ConfigCommand.Publish(key, text, Optional.empty(), author));
    }

    private static long blacklisted(List<StoredRule> rules) {
        return rules.stream()
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
    public List<StoredRule> all() {
        return texts.all();
    }

    /** The stored one of a rule that the registry obeys, unless it was taken back meanwhile. */
    public Optional<StoredRule> find(Rule rule) {
        return texts.find(RuleText.key(rule));
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
        List<Rule> rules = texts.all().stream().map(StoredRule::rule).toList();
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
        texts.close();
    }
}
