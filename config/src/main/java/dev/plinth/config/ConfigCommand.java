package dev.plinth.config;

import java.util.Optional;

/** What a door asks of the configuration. */
public sealed interface ConfigCommand {
    ConfigKey key();

    /**
     * The text holds from now on. If it does already, nothing is changed.
     *
     * @param expectedMd5 of the text that is to be there now; the empty text for none; absent: whatever is there
     */
    record Publish(ConfigKey key, ConfigText text, Optional<String> expectedMd5, Author author)
            implements ConfigCommand {}

    /** There is no such text from now on. Its history stays. */
    record Remove(ConfigKey key, Author author) implements ConfigCommand {}

    /** The text of a kept version holds from now on, as a new version. */
    record RollBack(ConfigKey key, long version, Author author) implements ConfigCommand {}

    /** Some clients get this text from now on. One of this name that is there already is replaced. */
    record Release(ConfigKey key, String name, GreyRule rule, ConfigText text, Author author) implements ConfigCommand {
        public Release {
            ConfigKey.name("name", name);
        }
    }

    /** There is no grey release of this name from now on. */
    record Withdraw(ConfigKey key, String name, Author author) implements ConfigCommand {}
}
