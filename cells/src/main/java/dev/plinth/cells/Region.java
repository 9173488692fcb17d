package dev.plinth.cells;

/**
 * A part of the world, with zones near enough to one another for synchronous replication.
 *
 * @param name a DNS label in lower case
 */
public record Region(String name) {
    public Region {
        Names.check("region", name);
    }
}
