package dev.plinth.kernel;

/**
 * How a durable feature's records look on disk.
 *
 * @param commands in the journal
 * @param outcomes in snapshots, kept to answer repeated commands
 * @param effects in snapshots, while they are open
 */
public record Codecs<C, O, E>(Codec<C> commands, Codec<O> outcomes, Codec<E> effects) {}
