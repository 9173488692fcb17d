package dev.plinth.registry;

import java.util.List;

/**
 * What a part of a search found.
 *
 * @param next where to go on: the key after which nothing was looked at; empty if all was
 */
public record Found(List<Sight> sights, String next) {}
