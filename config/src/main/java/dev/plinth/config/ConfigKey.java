package dev.plinth.config;

/** What a text is known by. */
public record ConfigKey(String namespace, String group, String dataId) implements Comparable<ConfigKey> {
    private static final char SEPARATOR = ' ';

    public ConfigKey {
        name("namespace", namespace);
        name("group", group);
        name("data id", dataId);
    }

    static void name(String field, String name) {
        boolean fits = !name.isEmpty() && name.length() <= ConfigLimits.NAME_CHARS_MAX;
        for (int i = 0; fits && i < name.length(); i++) {
            fits = name.charAt(i) > ' ' && name.charAt(i) <= '~';
        }
        if (!fits) {
            throw new IllegalArgumentException(field + " is \""
                    + name.substring(0, Math.min(name.length(), 80)).replaceAll("[^ -~]", "?")
                    + "\": expected 1 to " + ConfigLimits.NAME_CHARS_MAX + " printable ASCII characters without space");
        }
    }

    /** The key under which a watcher sees this text. */
    public String key() {
        return prefix(namespace) + group + SEPARATOR + dataId;
    }

    /** What the keys of a namespace start with. */
    public static String prefix(String namespace) {
        return namespace + SEPARATOR;
    }

    @Override
    public int compareTo(ConfigKey other) {
        return key().compareTo(other.key());
    }
}
