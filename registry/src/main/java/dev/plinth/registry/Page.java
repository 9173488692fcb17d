package dev.plinth.registry;

import java.util.List;

/**
 * Some of the items, in order.
 *
 * @param more whether there are others after the last of these
 */
public record Page<T>(List<T> items, boolean more) {}
