package dev.plinth.registry;

import java.util.function.IntPredicate;

/** The form of names and addresses. An error names the field, shows what was given, and says what was expected. */
final class Form {
    private static final int SHOWN_CHARS_MAX = 80;

    private Form() {}

    /** One or more printable ASCII characters without space. */
    static String service(String service) {
        if (!fits(service, RegistryLimits.SERVICE_CHARS_MAX, '!')) {
            throw bad(
                    "service",
                    service,
                    "1 to " + RegistryLimits.SERVICE_CHARS_MAX + " printable ASCII characters without space");
        }
        return service;
    }

    static String client(String client) {
        if (!fits(client, RegistryLimits.CLIENT_CHARS_MAX, ' ')) {
            throw bad("client", client, "1 to " + RegistryLimits.CLIENT_CHARS_MAX + " printable ASCII characters");
        }
        return client;
    }

    private static boolean fits(String text, int charsMax, char least) {
        return !text.isEmpty() && text.length() <= charsMax && all(text, c -> c >= least && c <= '~');
    }

    /** A URI's scheme in lower case (RFC 3986, 3.1). */
    static String protocol(String protocol) {
        boolean fits = !protocol.isEmpty()
                && protocol.length() <= RegistryLimits.PROTOCOL_CHARS_MAX
                && lower(protocol.charAt(0))
                && all(protocol, c -> lower(c) || digit(c) || c == '+' || c == '-' || c == '.');
        if (!fits) {
            throw bad(
                    "protocol",
                    protocol,
                    "1 to " + RegistryLimits.PROTOCOL_CHARS_MAX + " of a-z, 0-9, '+', '-' and '.', from a letter on");
        }
        return protocol;
    }

    /** host:port; the host a name, an IPv4 address, or an IPv6 address in brackets. */
    static String address(String address) {
        int colon = address.lastIndexOf(':');
        boolean fits = colon > 0
                && address.length() <= RegistryLimits.ADDRESS_CHARS_MAX
                && host(address, colon)
                && port(address, colon + 1);
        if (!fits) {
            throw bad(
                    "address",
                    address,
                    "host:port, the host a name, an IPv4 address or an IPv6 address in brackets, the port 1"
                            + " to 65535");
        }
        return address;
    }

    /** Of what comes before {@code end}. */
    private static boolean host(String text, int end) {
        if (text.charAt(0) == '[' && text.charAt(end - 1) == ']') {
            int colon = text.indexOf(':');
            return colon >= 0 && colon < end && all(text, 1, end - 1, c -> hex(c) || c == ':' || c == '.');
        }
        return all(text, 0, end, c -> lower(c | 0x20) || digit(c) || c == '.' || c == '-' || c == '_');
    }

    /** Whether it may be the host of an address. */
    static boolean isHost(String host) {
        return !host.isEmpty() && host(host, host.length());
    }

    /** Of what comes from {@code start} on. */
    private static boolean port(String text, int start) {
        int length = text.length() - start;
        if (length == 0 || length > 5 || text.charAt(start) == '0' || !all(text, start, text.length(), Form::digit)) {
            return false;
        }
        return Integer.parseInt(text, start, text.length(), 10) <= 65_535;
    }

    private static boolean all(String text, IntPredicate fits) {
        return all(text, 0, text.length(), fits);
    }

    private static boolean all(String text, int start, int end, IntPredicate fits) {
        for (int i = start; i < end; i++) {
            if (!fits.test(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean lower(int c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean digit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean hex(int c) {
        return digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    }

    static IllegalArgumentException bad(String field, String given, String expected) {
        var shown = new StringBuilder();
        given.chars().limit(SHOWN_CHARS_MAX).forEach(c -> shown.append(c >= ' ' && c <= '~' ? (char) c : '?'));
        var cut = given.length() > SHOWN_CHARS_MAX ? " (cut, of " + given.length() + " characters)" : "";
        return new IllegalArgumentException(field + " is \"" + shown + "\"" + cut + ": expected " + expected);
    }
}
