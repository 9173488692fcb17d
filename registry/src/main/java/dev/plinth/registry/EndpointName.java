package dev.plinth.registry;

/**
 * What an endpoint is known by: two registrations of one name are of one endpoint.
 *
 * @param protocol a URI scheme, such as bolt or grpc
 * @param address host:port
 */
public record EndpointName(String service, String protocol, String address) {
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
}
