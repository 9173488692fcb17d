package dev.plinth.registry;

import org.jspecify.annotations.Nullable;

/**
 * What an endpoint is known by: two registrations of one name are of one endpoint.
 *
 * @param protocol a URI scheme, such as bolt or grpc
 * @param address host:port
 */
public record EndpointName(String service, String protocol, String address) implements Comparable<EndpointName> {
    /*
     * As a key of the kernel's watches it is "service protocol address". No part holds a space, so the keys that start with
     * "service " are the service's, and a space sorts before every character of a name, so the keys of services do not mingle.
     */
    private static final char SEPARATOR = ' ';

    public EndpointName {
        Form.service(service);
        Form.protocol(protocol);
        Form.address(address);
    }

    /** The same, with these texts in place of its own, which are equal to them. */
    @SuppressWarnings("ReferenceEquality") // that is the point: whether they are the same objects already
    EndpointName with(String sameService, String sameProtocol) {
        return sameService == service && sameProtocol == protocol
                ? this
                : new EndpointName(sameService, sameProtocol, address);
    }

    /** The key under which a watcher sees this endpoint. */
    public String key() {
        return service + SEPARATOR + protocol + SEPARATOR + address;
    }

    /** Reads what {@link #key} wrote. */
    public static EndpointName ofKey(String key) {
        int first = key.indexOf(SEPARATOR);
        int second = key.indexOf(SEPARATOR, first + 1);
        if (first < 0 || second < 0) {
            throw new IllegalArgumentException(
                    "\"" + key + "\" is no endpoint's key: expected service, protocol, address");
        }
        return new EndpointName(key.substring(0, first), key.substring(first + 1, second), key.substring(second + 1));
    }

    /** What the keys of all endpoints of a service start with. */
    static String prefix(String service) {
        return service + SEPARATOR;
    }

    /** Whether no key of another service starts with it. */
    static boolean isOfOne(String prefix) {
        return prefix.indexOf(SEPARATOR) >= 0;
    }

    /** Whether it is the {@link #prefix} of a service. */
    static boolean isAllOfOne(String prefix) {
        return !prefix.isEmpty() && prefix.indexOf(SEPARATOR) == prefix.length() - 1;
    }

    /** The service in a key, or in the beginning of one; all of it if it has no second part. */
    static String serviceOf(String key) {
        int end = key.indexOf(SEPARATOR);
        return end < 0 ? key : key.substring(0, end);
    }

    /** In the order of the keys. */
    @Override
    @SuppressWarnings("ReferenceEquality") // most names of a service share its text, which then need not be read
    public int compareTo(EndpointName other) {
        int compared = service == other.service ? 0 : service.compareTo(other.service);
        if (compared == 0 && protocol != other.protocol) {
            compared = protocol.compareTo(other.protocol);
        }
        return compared == 0 ? address.compareTo(other.address) : compared;
    }

    /** As {@link #key} would compare to this text, which may be no key. */
    int compareToKey(String text) {
        int length = length();
        int shared = Math.min(length, text.length());
        int protocolAt = service.length() + 1;
        int addressAt = protocolAt + protocol.length() + 1;
        for (int i = 0; i < shared; i++) {
            char mine;
            if (i >= addressAt) {
                mine = address.charAt(i - addressAt);
            } else if (i == protocolAt - 1 || i == addressAt - 1) {
                mine = SEPARATOR;
            } else {
                mine = i < protocolAt ? service.charAt(i) : protocol.charAt(i - protocolAt);
            }
            if (mine != text.charAt(i)) {
                return mine - text.charAt(i);
            }
        }
        return length - text.length();
    }

    /** The hash of the {@link #address} of the name whose key this is, as {@link String#hashCode} has it. */
    static int addressHash(String key) {
        int hash = 0;
        for (int i = key.indexOf(SEPARATOR, key.indexOf(SEPARATOR) + 1) + 1; i < key.length(); i++) {
            hash = 31 * hash + key.charAt(i);
        }
        return hash;
    }

    /** Most names that are compared share the texts of all but their addresses, and many are the same. */
    @Override
    @SuppressWarnings("ReferenceEquality") // it is asked first, and then the texts
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof EndpointName name
                        && address.equals(name.address)
                        && service.equals(name.service)
                        && protocol.equals(name.protocol));
    }

    @Override
    public int hashCode() {
        return 31 * (31 * service.hashCode() + protocol.hashCode()) + address.hashCode();
    }

    private int length() {
        return service.length() + 1 + protocol.length() + 1 + address.length();
    }

    /** As {@link #key} would start with it. */
    boolean startsWith(String prefix) {
        if (prefix.isEmpty()) {
            return true;
        }
        if (prefix.length() == service.length() + 1) {
            return prefix.charAt(service.length()) == SEPARATOR && prefix.startsWith(service);
        }
        return key().startsWith(prefix);
    }
}
