/**
 * Where users live: regions, zones, cells and shards, and the map that says which cell owns which users, at which epoch.
 *
 * <p>Start with {@link dev.plinth.cells.CellMap}: {@link dev.plinth.cells.CellMap#route} is the one question that every place
 * asks through which a write can pass. {@link dev.plinth.cells.ShardFunction} is how a user id becomes a shard, and {@link
 * dev.plinth.cells.CellMapMessages} how a map looks on the wire.
 */
@NullMarked
package dev.plinth.cells;

import org.jspecify.annotations.NullMarked;
