package dev.plinth.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Counts, from outside the process that writes, how often the disk is really asked to sync. */
final class SyncCount {
    /*
     * The writers run in a child process, and its system calls are counted by strace, where there is one: exact, and blind to what
     * others do on the machine. Otherwise the flush counter of the block device is read before and after: exact on a quiet machine,
     * and on a busy one too high, which can only make the promise harder to keep.
     *
     * It is a round of its own, whose rate is not used: counting costs time.
     */
    static final String CHILD = "count-syncs-of-me";

    private static final Pattern CHILD_SAYS = Pattern.compile("commands=(\\d+) syncs=(\\d+)");
    private static final Pattern STRACE_SAYS =
            Pattern.compile("(?m)^\\s*[0-9.]+\\s+[0-9.]+\\s+\\d+\\s+(\\d+)\\s.*?(fdatasync|fsync)$");

    /**
     * @param how by which means, for people
     * @param counted syncs seen from outside
     * @param claimed syncs that the store says it made for the commands
     */
    record Counted(String how, long commands, long claimed, long counted) {}

    private SyncCount() {}

    /** The child's part: writes for a while, and says what it did. */
    static void child(Path directory, Duration time) throws IOException, InterruptedException {
        try (var writers = new Writers(directory, true)) {
            var round = writers.run(time);
            System.out.printf(Locale.ROOT, "commands=%d syncs=%d%n", round.commands(), round.syncs());
        }
    }

    static Counted count(Path directory, boolean quick) throws IOException, InterruptedException {
        var strace = strace();
        if (strace.isEmpty()) {
            var device = flushCounter(directory);
            long before = flushes(device);
            var child = run(List.of(), directory, quick);
            return new Counted(
                    "flush counter of " + device, child.commands(), child.claimed(), flushes(device) - before);
        }
        var result = directory.resolveSibling("strace.txt");
        var child = run(
                List.of(strace, "-f", "--seccomp-bpf", "-c", "-e", "trace=fdatasync,fsync", "-o", result.toString()),
                directory,
                quick);
        long counted = 0;
        var table = Files.readString(result);
        var matcher = STRACE_SAYS.matcher(table);
        while (matcher.find()) {
            counted += Long.parseLong(matcher.group(1));
        }
        Files.delete(result);
        return new Counted("strace", child.commands(), child.claimed(), counted);
    }

    private record Child(long commands, long claimed) {}

    private static Child run(List<String> before, Path directory, boolean quick)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Bench.class.getName(),
                CHILD,
                "--dir",
                directory.toString()));
        if (quick) {
            command.add("--quick");
        }
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        var matcher = CHILD_SAYS.matcher(said);
        if (status != 0 || !matcher.find()) {
            throw new IOException(
                    "the process whose syncs are counted ended with status " + status + " and said: " + said);
        }
        return new Child(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
    }

    private static String strace() {
        for (var folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            var strace = Path.of(folder, "strace");
            if (Files.isExecutable(strace)) {
                return strace.toString();
            }
        }
        return "";
    }

    /** The statistics of the disk under a directory: of the whole disk, for a partition has no flushes of its own. */
    private static Path flushCounter(Path directory) throws IOException {
        long device = (Long) Files.getAttribute(directory, "unix:dev");
        long major = (device >>> 8 & 0xFFF) | (device >>> 32 & ~0xFFFL);
        long minor = (device & 0xFF) | (device >>> 12 & ~0xFFL);
        var block = Path.of("/sys/dev/block", major + ":" + minor);
        if (!Files.exists(block)) {
            throw new IOException("syncs cannot be counted: there is no strace, and " + directory
                    + " is not on a block device of its own");
        }
        var real = block.toRealPath();
        return real.resolve(Files.exists(real.resolve("partition")) ? "../stat" : "stat")
                .normalize();
    }

    private static long flushes(Path statistics) throws IOException {
        var fields = Files.readString(statistics).strip().split("\\s+");
        int flushes = 15;
        if (fields.length <= flushes) {
            throw new IOException("syncs cannot be counted: " + statistics + " has no count of flushes on this system");
        }
        return Long.parseLong(fields[flushes]);
    }
}
