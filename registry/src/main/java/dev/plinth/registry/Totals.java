package dev.plinth.registry;

/**
 * How much the registry holds now.
 *
 * @param metadataBytes of all endpoints, in UTF-8
 */
public record Totals(int sessions, int services, int endpoints, int subscriptions, long metadataBytes) {}
