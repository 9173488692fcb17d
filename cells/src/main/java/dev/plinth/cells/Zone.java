package dev.plinth.cells;

/**
 * A data centre: what fails together.
 *
 * @param name a DNS label in lower case, unique in the map
 */
public record Zone(String name, Region region) {
    public Zone {
        Names.check("zone", name);
    }

    public static Zone of(String name, String region) {
        return new Zone(name, new Region(region));
    }
}
