package dev.plinth.registry;

/**
 * The key under which those who copy a server's registrations watch one of them: {@code " <server> <endpoint's key>"}.
 *
 * <p>It starts with a space, which no endpoint's key does: so whoever watches a service never meets one.
 */
final class HeldKey {
    private static final String SPACE = " ";

    private HeldKey() {}

    static boolean isOne(String key) {
        return key.startsWith(SPACE);
    }

    static String prefix(long server) {
        return SPACE + Long.toHexString(server) + SPACE;
    }

    static String of(long server, String endpointKey) {
        return SPACE + Long.toHexString(server) + SPACE + endpointKey;
    }

    static long server(String key) {
        return Long.parseUnsignedLong(key, 1, key.indexOf(' ', 1), 16);
    }

    static String endpoint(String key) {
        return key.substring(key.indexOf(' ', 1) + 1);
    }
}
