package dev.plinth.config;

import java.util.Set;
import java.util.TreeSet;

/** Which clients get the text of a grey release. */
public sealed interface GreyRule {

    boolean fits(ConfigClient client);

    /** Those that connect from one of these IP addresses. */
    record Addresses(Set<String> addresses) implements GreyRule {
        public Addresses {
            addresses = Set.copyOf(new TreeSet<>(addresses));
            if (addresses.isEmpty() || addresses.size() > ConfigLimits.ADDRESSES_MAX) {
                throw new IllegalArgumentException(
                        "addresses are " + addresses.size() + ": expected 1 to " + ConfigLimits.ADDRESSES_MAX);
            }
            addresses.forEach(address -> ConfigKey.name("address", address));
        }

        @Override
        public boolean fits(ConfigClient client) {
            return addresses.contains(client.address());
        }
    }

    /** Those that carry this label. */
    record Label(String name, String value) implements GreyRule {
        public Label {
            ConfigText.detail("label", name);
            ConfigText.detail("label's value", value);
        }

        @Override
        public boolean fits(ConfigClient client) {
            return value.equals(client.labels().get(name));
        }
    }

    /** So many of a hundred, the same ones as long as they keep their id, and with a higher number those and others. */
    record Percentage(int percentage) implements GreyRule {
        public Percentage {
            if (percentage < 0 || percentage > 100) {
                throw new IllegalArgumentException("percentage is " + percentage + ": expected 0 to 100");
            }
        }

        @Override
        public boolean fits(ConfigClient client) {
            return client.percentile() < percentage;
        }
    }
}
