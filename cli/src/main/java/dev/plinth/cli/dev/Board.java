package dev.plinth.cli.dev;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows the processes and how they are: redrawn in place on a terminal, a line for each change elsewhere. */
final class Board {
    private final PrintWriter out;
    private final boolean terminal;
    private final Map<String, Child.State> shown = new HashMap<>();
    private int lines;

    Board(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    synchronized void show(List<Child.Status> statuses) {
        if (!terminal) {
            for (var status : statuses) {
                if (shown.put(status.name(), status.state()) != status.state()
                        && status.state() != Child.State.WAITING) {
                    out.println(line(status, false));
                }
            }
            return;
        }
        var text = new StringBuilder();
        if (lines > 0) {
            // Up to the first line, and clear what follows.
            text.append("\033[").append(lines).append("A\033[J");
        }
        statuses.forEach(status -> text.append(line(status, true)).append('\n'));
        lines = statuses.size();
        out.print(text);
        out.flush();
    }

    /** Prints something below the board; the board stays where it is from then on. */
    synchronized void print(String text) {
        lines = 0;
        out.println(text);
        out.flush();
    }

    private static String line(Child.Status status, boolean coloured) {
        var mark = switch (status.state()) {
            case WAITING -> mark("·", 90, coloured);
            case STARTING, RESTARTING -> mark("○", 33, coloured);
            case READY -> mark("●", 32, coloured);
            case FAILED -> mark("✗", 31, coloured);
            case STOPPED -> mark("–", 90, coloured);
        };
        var pid = status.pid() == 0 ? "" : "pid " + status.pid();
        var restarts = status.restarts() == 0 ? "" : " (restarted " + status.restarts() + "×)";
        return "  %s %-16s %-10s %-11s %s%s"
                .formatted(
                        mark,
                        status.name(),
                        status.state().name().toLowerCase(Locale.ROOT),
                        pid,
                        status.detail(),
                        restarts)
                .stripTrailing();
    }

    private static String mark(String sign, int colour, boolean coloured) {
        return coloured ? "\033[" + colour + "m" + sign + "\033[0m" : sign;
    }
}
