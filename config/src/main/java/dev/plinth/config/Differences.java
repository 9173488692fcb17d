package dev.plinth.config;

import java.util.ArrayList;
import java.util.List;

/** What has to be taken away from one text, and added, to come to another one; line by line. */
public final class Differences {
    /*
     * What both begin and end with is set aside; between, the longest common subsequence is found in a table. Where the table would
     * be too large, everything between counts as another text: that is true, if not as helpful, and costs nothing.
     */
    private static final int TABLE_CELLS_MAX = 4_000_000;

    private Differences() {}

    /** What becomes of a line. */
    public enum Kind {
        SAME,
        REMOVED,
        ADDED
    }

    /** One line, without its end. */
    public record Line(Kind kind, String text) {}

    public static List<Line> between(String from, String to) {
        var before = lines(from);
        var after = lines(to);
        int head = 0;
        int least = Math.min(before.size(), after.size());
        while (head < least && before.get(head).equals(after.get(head))) {
            head++;
        }
        int tail = 0;
        while (tail < least - head && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
            tail++;
        }
        List<Line> differences = new ArrayList<>();
        add(Kind.SAME, before.subList(0, head), differences);
        between(before.subList(head, before.size() - tail), after.subList(head, after.size() - tail), differences);
        add(Kind.SAME, before.subList(before.size() - tail, before.size()), differences);
        return List.copyOf(differences);
    }

    private static List<String> lines(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split("\n", -1));
    }

    private static void add(Kind kind, List<String> lines, List<Line> to) {
        lines.forEach(line -> to.add(new Line(kind, line)));
    }

    private static void between(List<String> before, List<String> after, List<Line> differences) {
        if ((before.size() + 1L) * (after.size() + 1L) > TABLE_CELLS_MAX) {
            add(Kind.REMOVED, before, differences);
            add(Kind.ADDED, after, differences);
            return;
        }
        // How many lines the rests of both have in common, from each pair of lines on.
        int[][] common = new int[before.size() + 1][after.size() + 1];
        for (int i = before.size() - 1; i >= 0; i--) {
            for (int j = after.size() - 1; j >= 0; j--) {
                common[i][j] = before.get(i).equals(after.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        int i = 0;
        int j = 0;
        while (i < before.size() || j < after.size()) {
            if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
                differences.add(new Line(Kind.SAME, before.get(i)));
                i++;
                j++;
            } else if (i < before.size() && (j == after.size() || common[i + 1][j] >= common[i][j + 1])) {
                differences.add(new Line(Kind.REMOVED, before.get(i)));
                i++;
            } else {
                differences.add(new Line(Kind.ADDED, after.get(j)));
                j++;
            }
        }
    }
}
