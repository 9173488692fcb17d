package dev.plinth.registry;

import dev.plinth.wire.registry.EndpointDigest;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

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
        var compact = Metadata.of(metadata);
        if (compact.size() > RegistryLimits.METADATA_ENTRIES_MAX) {
            throw new IllegalArgumentException("metadata has " + compact.size() + " entries: expected at most "
                    + RegistryLimits.METADATA_ENTRIES_MAX);
        }
        if (compact.containsKey("")) {
            throw new IllegalArgumentException("metadata has an empty key: expected at least one character");
        }
        if (compact.bytes() > RegistryLimits.METADATA_BYTES_MAX) {
            throw new IllegalArgumentException("metadata has " + compact.bytes() + " bytes: expected at most "
                    + RegistryLimits.METADATA_BYTES_MAX);
        }
        metadata = compact;
    }

    public static Endpoint of(EndpointName name, int weight, Map<String, String> metadata) {
        return new Endpoint(name, weight, Metadata.of(metadata));
    }

    public static Endpoint of(EndpointName name, Map<String, String> metadata) {
        return of(name, RegistryLimits.WEIGHT_DEFAULT, metadata);
    }

    Endpoint with(int otherWeight) {
        return otherWeight == weight ? this : new Endpoint(name, otherWeight, metadata);
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
        return compact().bytes();
    }

    /** As {@link EndpointDigest} says. */
    long digest() {
        return EndpointDigest.of(
                name.service(),
                name.protocol(),
                name.address(),
                weight,
                compact().digest());
    }

    private Metadata compact() {
        return Metadata.of(metadata);
    }

    /** The same, with what it says as others say it held once. */
    Endpoint shared(Sharing sharing, Optional<EndpointName> known, Optional<String> knownService) {
        var shared = known.filter(name::equals)
                .orElseGet(() -> name.with(knownService.orElse(name.service()), sharing.text(name.protocol())));
        return new Endpoint(shared, weight, sharing.metadata(compact()));
    }
}
