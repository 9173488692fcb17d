package dev.plinth.registry;

import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which endpoints are asked for; all that is said has to fit.
 *
 * @param service a part of the service's name, in any case; empty: any
 * @param address a part of the address, in any case; empty: any
 * @param metadata keys with what they have to hold; an empty value: anything
 */
public record Search(String service, String address, SortedMap<String, String> metadata) {
    public static final Search ALL = new Search("", "", new TreeMap<>());

    public Search {
        service = service.toLowerCase(Locale.ROOT);
        address = address.toLowerCase(Locale.ROOT);
        metadata = new TreeMap<>(metadata);
        if (metadata.containsKey("")) {
            throw new IllegalArgumentException("metadata has an empty key: expected at least one character");
        }
    }

    boolean fits(Endpoint endpoint) {
        var name = endpoint.name();
        return name.service().toLowerCase(Locale.ROOT).contains(service)
                && name.address().toLowerCase(Locale.ROOT).contains(address)
                && metadata.entrySet().stream().allMatch(wanted -> {
                    var held = endpoint.metadata().get(wanted.getKey());
                    return held != null && (wanted.getValue().isEmpty() || held.equals(wanted.getValue()));
                });
    }
}
