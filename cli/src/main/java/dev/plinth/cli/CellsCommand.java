package dev.plinth.cli;

import dev.plinth.wire.cells.v1.Assignment;
import dev.plinth.wire.cells.v1.Cell;
import dev.plinth.wire.cells.v1.CellMapsGrpc;
import dev.plinth.wire.cells.v1.GetCellMapRequest;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code plinth cells}: the cell map as it is now. */
@Command(
        name = "cells",
        description = "Shows which cell owns which shards, at which epoch.",
        mixinStandardHelpOptions = true)
final class CellsCommand implements Callable<Integer> {
    @Mixin
    private Connection connection = new Connection();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        var map = connection.ask(channel -> CellMapsGrpc.newBlockingStub(channel)
                .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .getCellMap(GetCellMapRequest.getDefaultInstance()));
        if (map.getEpoch() == 0) {
            out.println("No cell map yet. Give the server one in its configuration, under cells.");
            return 0;
        }
        out.printf("epoch %d, %d shards%n", map.getEpoch(), map.getAssignmentsCount());
        var table = new Table("CELL", "KIND", "ZONE", "REGION", "SHARDS", "FROZEN");
        for (Cell cell : map.getCellsList()) {
            table.row(
                    cell.getName(),
                    cell.getKind().name(),
                    cell.getZone(),
                    cell.getRegion(),
                    shards(map.getAssignmentsList(), cell, Assignment.State.OPEN, Assignment.State.FROZEN),
                    shards(map.getAssignmentsList(), cell, Assignment.State.FROZEN));
        }
        table.print(out);
        return 0;
    }

    private static String shards(List<Assignment> assignments, Cell cell, Assignment.State... states) {
        var wanted = List.of(states);
        return ranges(IntStream.range(0, assignments.size())
                .filter(shard -> assignments.get(shard).getCell().equals(cell.getName())
                        && wanted.contains(assignments.get(shard).getState()))
                .boxed()
                .toList());
    }

    /** Ascending numbers drawn together: {@code 0-49,60}. */
    static String ranges(List<Integer> numbers) {
        List<String> ranges = new ArrayList<>();
        for (int i = 0; i < numbers.size(); ) {
            int end = i;
            while (end + 1 < numbers.size() && numbers.get(end + 1) == numbers.get(end) + 1) {
                end++;
            }
            ranges.add(end == i ? "" + numbers.get(i) : numbers.get(i) + "-" + numbers.get(end));
            i = end + 1;
        }
        return String.join(",", ranges);
    }
}
