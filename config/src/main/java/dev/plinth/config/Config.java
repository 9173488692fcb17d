package dev.plinth.config;

import java.util.List;
import java.util.Optional;

/**
 * A text with all that is known of it.
 *
 * @param versions the kept ones, oldest first; the last one holds
 * @param greys by name
 */
public record Config(ConfigKey key, List<ConfigVersion> versions, List<GreyRelease> greys) {
    public Config {
        versions = List.copyOf(versions);
        greys = List.copyOf(greys);
    }

    /** What holds for whoever gets no grey release; empty if it was removed. */
    public Optional<ConfigText> current() {
        return versions.getLast().text();
    }

    /** What this client gets: of the grey releases that fit it the newest, else what holds for all. */
    public Optional<ConfigText> forClient(ConfigClient client) {
        return grey(client).map(GreyRelease::text).or(this::current);
    }

    /** The grey release that this client gets, if it gets one. */
    public Optional<GreyRelease> grey(ConfigClient client) {
        return greys.stream()
                .filter(grey -> grey.rule().fits(client))
                .max((one, other) -> Long.compare(one.number(), other.number()));
    }

    public Optional<ConfigVersion> version(long number) {
        return versions.stream().filter(version -> version.number() == number).findFirst();
    }

    long lastNumber() {
        long last = versions.getLast().number();
        for (var grey : greys) {
            last = Math.max(last, grey.number());
        }
        return last;
    }
}
