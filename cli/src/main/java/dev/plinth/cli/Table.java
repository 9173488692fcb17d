package dev.plinth.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Rows of text under a heading, in columns as wide as they need to be. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... heading) {
        rows.add(List.of(heading));
    }

    void row(String... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException(cells.length + " cells under " + rows.getFirst());
        }
        rows.add(List.of(cells));
    }

    void print(PrintWriter out) {
        List<Integer> widths =
                new ArrayList<>(Collections.nCopies(rows.getFirst().size(), 0));
        for (var row : rows) {
            for (int column = 0; column < row.size(); column++) {
                widths.set(column, Math.max(widths.get(column), row.get(column).length()));
            }
        }
        for (var row : rows) {
            var line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(row.get(column))
                        .repeat(' ', widths.get(column) - row.get(column).length() + 2);
            }
            out.println(line.toString().stripTrailing());
        }
        out.flush();
    }
}
