package dev.plinth.registry.door;

import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.RegistryLimits;

/** Endpoints as the registry's own protocol has them. */
public final class EndpointMessages {
    private EndpointMessages() {}

    /** Throws IllegalArgumentException if it is no sound endpoint; it names the field. */
    public static Endpoint endpoint(dev.plinth.wire.registry.v1.Endpoint endpoint) {
        return Endpoint.of(
                new EndpointName(endpoint.getService(), endpoint.getProtocol(), endpoint.getAddress()),
                endpoint.hasWeight() ? weight(endpoint.getWeight()) : RegistryLimits.WEIGHT_DEFAULT,
                endpoint.getMetadataMap());
    }

    /** An unsigned number beyond all limits stays beyond them. */
    private static int weight(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }

    public static dev.plinth.wire.registry.v1.Endpoint message(Endpoint endpoint) {
        return dev.plinth.wire.registry.v1.Endpoint.newBuilder()
                .setService(endpoint.name().service())
                .setProtocol(endpoint.name().protocol())
                .setAddress(endpoint.name().address())
                .setWeight(endpoint.weight())
                .putAllMetadata(endpoint.metadata())
                .build();
    }
}
