package dev.plinth.server;

import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;

/** Where the durable partitions get their journals: on this machine alone, or in a cluster. */
@FunctionalInterface
interface Journals {

    /** The journal of a partition; the name is its log's, and its group's. */
    <C> Journal<C> journal(String name, Codec<C> codec);
}
