package dev.plinth.bench.registry;

/**
 * What was found of a promise.
 *
 * @param target the bound that is promised, in the same unit
 * @param least whether the target is the least that is promised; otherwise it is the most
 */
public record Found(String name, double value, String unit, double target, boolean least) {}
