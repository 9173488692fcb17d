package dev.plinth.registry;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A place where a service is served.
 *
 * @param weight its share of the calls, from 0 (none) to {@link RegistryLimits#WEIGHT_MAX}
 * @param metadata at most {@link RegistryLimits#METADATA_BYTES_MAX} bytes; sorted, and not to be changed
 */
public record Endpoint(EndpointName name, int weight, SortedMap<String, String> metadata) {

    /** The metadata key that says in which cell an endpoint stands. */
    public static final String CELL = "plinth.cell";

    /** The metadata key that says in which zone an endpoint stands. */
    public static final String ZONE = "plinth.zone";

    /** The metadata key of the text as which an endpoint was published, at a door whose protocol knows only texts. */
    public static final String TEXT = "plinth.text";

    /** The protocol of what was published as a text that names no address: it can be read, and not called. */
    public static final String VALUE_PROTOCOL = "value";

    public Endpoint {
        if (weight < 0 || weight > RegistryLimits.WEIGHT_MAX) {
            throw new IllegalArgumentException("weight is " + weight + ": expected 0 to " + RegistryLimits.WEIGHT_MAX);
        }
        metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
        if (metadata.size() > RegistryLimits.METADATA_ENTRIES_MAX) {
            throw new IllegalArgumentException("metadata has " + metadata.size() + " entries: expected at most "
                    + RegistryLimits.METADATA_ENTRIES_MAX);
        }
        if (metadata.containsKey("")) {
            throw new IllegalArgumentException("metadata has an empty key: expected at least one character");
        }
        int bytes = bytes(metadata);
        if (bytes > RegistryLimits.METADATA_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "metadata has " + bytes + " bytes: expected at most " + RegistryLimits.METADATA_BYTES_MAX);
        }
    }

    public static Endpoint of(EndpointName name, int weight, Map<String, String> metadata) {
        return new Endpoint(name, weight, new TreeMap<>(metadata));
    }

    public static Endpoint of(EndpointName name, Map<String, String> metadata) {
        return of(name, RegistryLimits.WEIGHT_DEFAULT, metadata);
    }

    /** The cell in which it stands, if it says so. */
    public Optional<String> cell() {
        return Optional.ofNullable(metadata.get(CELL)).filter(cell -> !cell.isEmpty());
    }

    /** Whether it is a text only, and no place to call; its address is made up, and means nothing. */
    public boolean isValue() {
        return name.protocol().equals(VALUE_PROTOCOL);
    }

    /** What the metadata counts for: keys and values in UTF-8. */
    int metadataBytes() {
        return bytes(metadata);
    }

    private static int bytes(Map<String, String> metadata) {
        long bytes = 0;
        for (var entry : metadata.entrySet()) {
            bytes += entry.getKey().getBytes(StandardCharsets.UTF_8).length;
            bytes += entry.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }
}
