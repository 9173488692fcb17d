package dev.plinth.cells;

/**
 * A complete deployment of the enterprise's services, for some of its users or for a purpose of its own.
 *
 * @param name a DNS label in lower case, unique in the map
 */
public record Cell(String name, Zone zone, Kind kind) {

    /** Whom a cell serves. */
    public enum Kind {
        /** The users of the shards that it owns, alone. */
        SHARDED,
        /** All users, for what cannot be split by user: there is one in the world. */
        GLOBAL,
        /** All users of its region, for what is read everywhere and written in the GLOBAL cell. */
        LOCAL
    }

    public Cell {
        Names.check("cell", name);
    }

    public static Cell sharded(String name, Zone zone) {
        return new Cell(name, zone, Kind.SHARDED);
    }
}
