package dev.plinth.server;

import dev.plinth.cells.Assignment;
import dev.plinth.cells.Cell;
import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
import dev.plinth.cells.ShardFunction;
import dev.plinth.cells.Zone;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The {@code cells} section of the configuration: the map that a new server begins with. */
final class CellMapSection {
    private CellMapSection() {}

    private record Owned(Cell cell, List<Integer> shards) {}

    /** The map at epoch 1. A map without any shards given is cut evenly among the SHARDED cells. */
    static CellMap read(YamlReader.Section section) {
        int shards = section.value("shards", CellMapSection::count).orElse(ShardFunction.SHARDS_DEFAULT);
        var kind = section.value("function", CellMapSection::function).orElse(ShardFunction.Kind.LAST_DIGITS);
        List<Owned> owned =
                section.sections("map").stream().map(CellMapSection::cell).toList();
        section.done();
        try {
            var function = new ShardFunction(kind, shards);
            List<Cell> cells = owned.stream().map(Owned::cell).toList();
            return owned.stream().allMatch(one -> one.shards().isEmpty())
                    ? CellMap.evenly(function, cells)
                    : new CellMap(Epoch.NONE.next(), function, cells, assignments(section, shards, owned));
        } catch (IllegalArgumentException e) {
            throw section.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static Owned cell(YamlReader.Section section) {
        var name = section.required("name", "the cell's name", text -> text);
        var zone = section.required("zone", "the zone (data centre) it lies in", text -> text);
        var region = section.required("region", "the region its zone lies in", text -> text);
        var kind = section.value("kind", text -> one(Cell.Kind.values(), text)).orElse(Cell.Kind.SHARDED);
        var shards = section.value("shards", CellMapSection::shards).orElse(List.of());
        section.done();
        try {
            return new Owned(new Cell(name, Zone.of(zone, region), kind), shards);
        } catch (IllegalArgumentException e) {
            throw section.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static List<Assignment> assignments(YamlReader.Section section, int shards, List<Owned> owned) {
        var owners = new @Nullable Assignment[shards];
        for (var one : owned) {
            for (int shard : one.shards()) {
                if (shard >= shards) {
                    throw section.wrong(
                            "cell " + one.cell().name() + " has shard " + shard + "; expected 0 to " + (shards - 1));
                }
                var other = owners[shard];
                if (other != null) {
                    throw section.wrong("shard " + shard + " is given to "
                            + other.owner().name() + " and to " + one.cell().name() + "; expected one owner");
                }
                owners[shard] = Assignment.open(one.cell());
            }
        }
        List<Assignment> assignments = new ArrayList<>(shards);
        for (int shard = 0; shard < shards; shard++) {
            var assignment = owners[shard];
            if (assignment == null) {
                throw section.wrong(
                        "shard " + shard + " has no owner; expected each of 0 to " + (shards - 1) + " in one cell");
            }
            assignments.add(assignment);
        }
        return assignments;
    }

    private static int count(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a number of shards, not '" + text + "'", e);
        }
    }

    private static ShardFunction.Kind function(String text) {
        return one(ShardFunction.Kind.values(), text);
    }

    /** Reads a constant as people write it: {@code last-digits} for LAST_DIGITS. */
    private static <T extends Enum<T>> T one(T[] constants, String text) {
        for (T constant : constants) {
            if (spelled(constant).equals(text.toLowerCase(Locale.ROOT))) {
                return constant;
            }
        }
        throw new IllegalArgumentException("one of "
                + String.join(
                        ", ",
                        Arrays.stream(constants).map(CellMapSection::spelled).toList())
                + ", not '" + text + "'");
    }

    private static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Reads {@code 0-49,60}: single shards and ranges, both ends included. */
    private static List<Integer> shards(String text) {
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(String::trim)
                    .flatMapToInt(CellMapSection::range)
                    .boxed()
                    .toList();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("shards and ranges such as 0-49,60, not '" + text + "'", e);
        }
    }

    private static IntStream range(String text) {
        int dash = text.indexOf('-');
        int from = Integer.parseInt((dash < 0 ? text : text.substring(0, dash)).trim());
        int to = Integer.parseInt(text.substring(dash + 1).trim());
        if (to < from || to >= ShardFunction.SHARDS_MAX) {
            throw new NumberFormatException(text);
        }
        return IntStream.rangeClosed(from, to);
    }
}
