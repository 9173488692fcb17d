/**
 * Keeps the cell map: one map, durable, whose epoch only grows.
 *
 * <p>Start with {@link dev.plinth.cells.control.CellMaps}, what the server opens; the rules are {@code CellMapEngine}'s, which
 * reads like their specification. Leases and planned moves will be further commands of the same engine.
 */
@NullMarked
package dev.plinth.cells.control;

import org.jspecify.annotations.NullMarked;
