package dev.plinth.registry.door;

import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.SharedTexts;

/** Endpoints as the registry's own protocol has them. */
public final class EndpointMessages {
    /** One text for all who name a service: the engine would otherwise make each name anew with the text that it has. */
    private static final SharedTexts SERVICES = new SharedTexts(1 << 15, RegistryLimits.SERVICE_CHARS_MAX);

    private static final SharedTexts PROTOCOLS = new SharedTexts(1 << 6, RegistryLimits.PROTOCOL_CHARS_MAX);

    private EndpointMessages() {}

    /** Throws IllegalArgumentException if it is no sound endpoint; it names the field. */
    public static Endpoint endpoint(dev.plinth.wire.registry.v1.Endpoint endpoint) {
        return Endpoint.of(
                new EndpointName(
                        SERVICES.one(endpoint.getService()),
                        PROTOCOLS.one(endpoint.getProtocol()),
                        endpoint.getAddress()),
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
