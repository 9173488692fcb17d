package dev.plinth.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A mistake that is made in a production class on purpose: a patch to its source, and where it is noticed.
 *
 * @param name the file's, without its ending
 * @param what the mistake, in a sentence
 * @param caughtBy the scenario in which the simulator notices it
 * @param seed the seed that shows it
 * @param source the class's source, from the house's root
 */
record Mutation(String name, String what, Scenario caughtBy, long seed, String source, List<Hunk> hunks) {
    /*
     * The files are unified diffs with two lines before them. A hunk is found by its text, which must be there exactly once, and not
     * by its line numbers: so a patch goes on to apply while the source around it changes, and fails loudly when what it changes
     * is not there any more.
     */
    static final String DIRECTORY = "simulator/src/main/mutations";
    private static final String ENDING = ".patch";

    /** Lines that are there, and lines that shall be there in their place. */
    record Hunk(String before, String after) {}

    /** All mutations of a house, by name. */
    static List<Mutation> all(Path home) throws IOException {
        try (var files = Files.list(home.resolve(DIRECTORY))) {
            var paths = files.filter(path -> path.toString().endsWith(ENDING))
                    .sorted()
                    .toList();
            List<Mutation> all = new ArrayList<>();
            for (var path : paths) {
                all.add(read(path));
            }
            return all;
        }
    }

    private static Mutation read(Path path) throws IOException {
        var name = path.getFileName().toString().replace(ENDING, "");
        var lines = Files.readAllLines(path);
        var what = header(lines, 0, "# what: ", path);
        var caught = header(lines, 1, "# caught by: ", path).split(" ", -1);
        if (caught.length != 3) {
            throw new IOException(path + ": expected '# caught by: ENGINE JOURNAL SEED' on line 2");
        }
        var source = header(lines, 3, "+++ b/", path);
        List<Hunk> hunks = new ArrayList<>();
        List<String> hunk = new ArrayList<>();
        for (var line : lines.subList(4, lines.size())) {
            if (line.startsWith("@@")) {
                addHunk(hunk, hunks);
                hunk = new ArrayList<>();
            } else {
                hunk.add(line);
            }
        }
        addHunk(hunk, hunks);
        if (hunks.isEmpty()) {
            throw new IOException(path + ": no hunk: expected lines that start with @@");
        }
        return new Mutation(
                name, what, new Scenario(caught[0], caught[1]), Long.parseLong(caught[2]), source, List.copyOf(hunks));
    }

    private static String header(List<String> lines, int line, String start, Path path) throws IOException {
        if (lines.size() <= line || !lines.get(line).startsWith(start)) {
            throw new IOException(path + ": expected '" + start + "…' on line " + (line + 1));
        }
        return lines.get(line).substring(start.length()).strip();
    }

    private static void addHunk(List<String> lines, List<Hunk> hunks) {
        if (!lines.isEmpty()) {
            hunks.add(new Hunk(side(lines, '-'), side(lines, '+')));
        }
    }

    private static String side(List<String> lines, char own) {
        return lines.stream()
                .filter(line -> line.isEmpty() || line.charAt(0) == ' ' || line.charAt(0) == own)
                .map(line -> line.isEmpty() ? "" : line.substring(1))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    /** The name of the class that is patched. */
    String className() {
        return source.substring(source.indexOf("/java/") + "/java/".length())
                .replace(".java", "")
                .replace('/', '.');
    }

    /**
     * The source with the mistake in it.
     *
     * @throws IOException if the source is not there, or is not what the patch expects
     */
    String mutated(Path home) throws IOException {
        var text = Files.readString(home.resolve(source));
        for (var hunk : hunks) {
            int at = text.indexOf(hunk.before());
            if (at < 0 || text.indexOf(hunk.before(), at + 1) >= 0) {
                throw new IOException("mutation " + name + " does not apply to " + source + ": expected exactly once\n"
                        + hunk.before());
            }
            text = text.substring(0, at)
                    + hunk.after()
                    + text.substring(at + hunk.before().length());
        }
        return text;
    }
}
