package dev.plinth.registry;

import java.util.List;
import java.util.Optional;

/**
 * What a server knows of a service at an address.
 *
 * @param sights the endpoints, one for each protocol
 * @param departure of the one that went last, if none is there
 */
public record Whereabouts(List<Sight> sights, Optional<Departure> departure) {}
