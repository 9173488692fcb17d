package dev.plinth.registry;

import java.util.SortedMap;

/**
 * A service that has endpoints.
 *
 * @param endpointsByCell those that say in which cell they stand
 */
public record ServiceSummary(String name, int endpoints, SortedMap<String, Integer> endpointsByCell) {}
