package dev.plinth.config;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Decides which text holds under a name, for whom, and remembers which held before. */
final class ConfigEngine implements Engine<ConfigCommand, ConfigOutcome, Void, Config> {
    /*
     * The newest versions of each text are part of the state, bounded by number and bytes: a rollback must find what it goes back
     * to on every member, and must not depend on a projection that may be behind. What a person changed a year ago is not here.
     *
     * Every command says what shall hold, so one that comes twice changes nothing the second time; but a rollback that comes twice
     * finds the text in place, for the same reason.
     *
     * What a text's versions count for is kept beside it: counted anew with each change, it would touch every version of a text that
     * nobody has looked at for long, which took more time than all the rest of the decision.
     */
    private record Held(Config config, long versionBytes) {
        static Held of(Config config) {
            long bytes = 0;
            for (var version : config.versions()) {
                bytes += version.bytes();
            }
            return new Held(config, bytes);
        }

        Held with(List<GreyRelease> greys) {
            return new Held(new Config(config.key(), config.versions(), greys), versionBytes);
        }

        long bytes() {
            long all = versionBytes;
            for (var grey : config.greys()) {
                all += grey.text().bytes();
            }
            return all;
        }
    }

    private final TreeMap<String, Held> configs = new TreeMap<>();
    private long bytes;

    Optional<Config> find(ConfigKey key) {
        return view(key.key());
    }

    /** What the texts count for. */
    long bytes() {
        return bytes;
    }

    /** Texts that were not removed, by key. */
    List<Config> list(String prefix, String after, int limit) {
        List<Config> page = new ArrayList<>();
        for (var held : configs.tailMap(after.compareTo(prefix) < 0 ? prefix : after, after.compareTo(prefix) < 0)
                .values()) {
            var config = held.config();
            if (page.size() == limit || !config.key().key().startsWith(prefix)) {
                break;
            }
            if (config.current().isPresent() || !config.greys().isEmpty()) {
                page.add(config);
            }
        }
        return page;
    }

    @Override
    public ConfigOutcome apply(ConfigCommand command, Context<Void> context) {
        var name = command.key().key();
        var before = Optional.ofNullable(configs.get(name));
        return switch (command) {
            case ConfigCommand.Publish publish -> publish(publish, name, before, context);
            case ConfigCommand.Remove remove ->
                before.flatMap(held -> held.config().current()).isEmpty()
                        ? new ConfigOutcome.Done(lastNumber(before))
                        : next(
                                remove.key(),
                                name,
                                before,
                                Optional.empty(),
                                remove.author(),
                                Optional.empty(),
                                context);
            case ConfigCommand.RollBack rollBack -> rollBack(rollBack, name, before, context);
            case ConfigCommand.Release release -> release(release, name, before, context);
            case ConfigCommand.Withdraw withdraw -> withdraw(withdraw, name, before, context);
        };
    }

    private ConfigOutcome publish(
            ConfigCommand.Publish publish, String name, Optional<Held> before, Context<Void> context) {
        var holds = before.flatMap(held -> held.config().current());
        if (holds.equals(Optional.of(publish.text()))) {
            return new ConfigOutcome.Done(lastNumber(before));
        }
        if (publish.expectedMd5().isPresent()) {
            var expected = publish.expectedMd5().get();
            var md5 = holds.map(ConfigText::md5).orElse("");
            if (!expected.equals(md5)) {
                return new ConfigOutcome.Denied(
                        ConfigOutcome.Reason.CONFLICT,
                        "the text has the MD5 \"" + md5 + "\", not the expected \"" + expected + "\"");
            }
        }
        return next(
                publish.key(), name, before, Optional.of(publish.text()), publish.author(), Optional.empty(), context);
    }

    private ConfigOutcome rollBack(
            ConfigCommand.RollBack rollBack, String name, Optional<Held> before, Context<Void> context) {
        var to = before.flatMap(held -> held.config().version(rollBack.version()));
        if (before.isEmpty() || to.isEmpty()) {
            return notFound(rollBack.key(), "version " + rollBack.version());
        }
        if (before.get().config().current().equals(to.get().text())) {
            return new ConfigOutcome.Done(before.get().config().lastNumber());
        }
        return next(
                rollBack.key(),
                name,
                before,
                to.get().text(),
                rollBack.author(),
                Optional.of(rollBack.version()),
                context);
    }

    private ConfigOutcome next(
            ConfigKey key,
            String name,
            Optional<Held> before,
            Optional<ConfigText> text,
            Author author,
            Optional<Long> rolledBackTo,
            Context<Void> context) {
        long number = lastNumber(before) + 1;
        List<ConfigVersion> versions =
                new ArrayList<>(before.map(held -> held.config().versions()).orElse(List.of()));
        var newest = new ConfigVersion(number, text, stamp(context), author, rolledBackTo);
        versions.add(newest);
        long kept = before.map(Held::versionBytes).orElse(0L) + newest.bytes();
        while (versions.size() > ConfigLimits.VERSIONS_MAX
                || (versions.size() > 1 && kept > ConfigLimits.HISTORY_BYTES_MAX)) {
            kept -= versions.removeFirst().bytes();
        }
        var after = new Config(
                key, versions, before.map(held -> held.config().greys()).orElse(List.of()));
        return put(name, before, new Held(after, kept), number, context);
    }

    private ConfigOutcome release(
            ConfigCommand.Release release, String name, Optional<Held> before, Context<Void> context) {
        if (before.isEmpty()) {
            return notFound(release.key(), "a text to release another one beside");
        }
        List<GreyRelease> greys = new ArrayList<>(before.get().config().greys());
        var there = greys.stream()
                .filter(grey -> grey.name().equals(release.name()))
                .findFirst();
        if (there.isPresent()
                && there.get().rule().equals(release.rule())
                && there.get().text().equals(release.text())) {
            return new ConfigOutcome.Done(there.get().number());
        }
        there.ifPresent(greys::remove);
        if (greys.size() >= ConfigLimits.GREYS_MAX) {
            return new ConfigOutcome.Denied(
                    ConfigOutcome.Reason.OVERLOADED,
                    release.key() + " has " + ConfigLimits.GREYS_MAX + " grey releases, as many as one may have");
        }
        long number = before.get().config().lastNumber() + 1;
        greys.add(new GreyRelease(
                release.name(), release.rule(), release.text(), number, stamp(context), release.author()));
        return put(name, before, before.get().with(greys), number, context);
    }

    private ConfigOutcome withdraw(
            ConfigCommand.Withdraw withdraw, String name, Optional<Held> before, Context<Void> context) {
        List<GreyRelease> greys =
                new ArrayList<>(before.map(held -> held.config().greys()).orElse(List.of()));
        if (before.isEmpty() || !greys.removeIf(grey -> grey.name().equals(withdraw.name()))) {
            return new ConfigOutcome.Done(lastNumber(before));
        }
        return put(name, before, before.get().with(greys), lastNumber(before), context);
    }

    private ConfigOutcome put(String name, Optional<Held> before, Held after, long number, Context<Void> context) {
        long grown = after.bytes() - before.map(Held::bytes).orElse(0L);
        if (grown > 0 && bytes + grown > ConfigLimits.TOTAL_BYTES_MAX) {
            return new ConfigOutcome.Denied(
                    ConfigOutcome.Reason.OVERLOADED,
                    "all texts together would pass " + ConfigLimits.TOTAL_BYTES_MAX + " bytes");
        }
        if (before.isEmpty() && configs.size() >= ConfigLimits.CONFIGS_MAX) {
            return new ConfigOutcome.Denied(
                    ConfigOutcome.Reason.OVERLOADED, ConfigLimits.CONFIGS_MAX + " texts are there");
        }
        bytes += grown;
        configs.put(name, after);
        context.changed(name);
        return new ConfigOutcome.Done(number);
    }

    private static long lastNumber(Optional<Held> held) {
        return held.isEmpty() ? 0 : held.get().config().lastNumber();
    }

    /** As it is stored: a replay must come to the same state as a restore. */
    private static Instant stamp(Context<Void> context) {
        return Instant.ofEpochMilli(context.now().toEpochMilli());
    }

    private static ConfigOutcome notFound(ConfigKey key, String what) {
        return new ConfigOutcome.Denied(
                ConfigOutcome.Reason.NOT_FOUND, "of " + key.key() + " there is no " + what + " (any more)");
    }

    @Override
    public void tick(Context<Void> context) {}

    @Override
    public Optional<Instant> nextDeadline() {
        return Optional.empty();
    }

    @Override
    public Optional<Config> view(String key) {
        return Optional.ofNullable(configs.get(key)).map(Held::config);
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        List<String> page = new ArrayList<>();
        for (var key : after.compareTo(prefix) < 0
                ? configs.navigableKeySet().tailSet(prefix, true)
                : configs.navigableKeySet().tailSet(after, false)) {
            if (page.size() == limit || !key.startsWith(prefix)) {
                break;
            }
            page.add(key);
        }
        return page;
    }

    @Override
    public Snapshot snapshot() {
        var all = configs.values().stream().map(Held::config).toList();
        return out -> ConfigCodecs.writeState(all, out);
    }

    @Override
    public void restore(InputStream state) throws IOException {
        configs.clear();
        bytes = 0;
        for (var config : ConfigCodecs.readState(state)) {
            var held = Held.of(config);
            configs.put(config.key().key(), held);
            bytes += held.bytes();
        }
    }
}
