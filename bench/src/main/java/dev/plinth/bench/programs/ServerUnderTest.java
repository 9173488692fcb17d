package dev.plinth.bench.programs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server process that is measured, and the port at which its load finds it. */
public record ServerUnderTest(String name, Process process, int port) implements AutoCloseable {
    /** The unit of the times in /proc: USER_HZ, which Linux fixes at 100 for what it shows. */
    private static final long TICK_NANOS = 10_000_000;

    /** Of the machine: once this process is bound to some, it counts only these. */
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    /** CPU time that it has used so far, in user and in kernel mode, of all threads; as the kernel counts it. */
    public long cpuNanos() throws IOException {
        var stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        // The name, in parentheses, may hold blanks; the fields are counted from behind it.
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS;
    }

    /** Bytes of live objects, after a full collection. */
    public long liveHeapBytes() throws IOException, InterruptedException {
        // A histogram of classes counts what is alive, whichever collector there is. "Total  123  456": objects, bytes.
        var histogram = run("GC.class_histogram");
        var total = histogram
                .lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IOException("jcmd GC.class_histogram gave no total"))
                .strip()
                .split(" +");
        return Long.parseLong(total[2]);
    }

    private String run(String command) throws IOException, InterruptedException {
        var jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        var said = new String(jcmd.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0) {
            throw new IOException("jcmd " + command + " failed: " + said);
        }
        return said;
    }

    /** Whether taskset is there and there is more than one processor: then server and load get one each. */
    public static boolean pinned() {
        return PROCESSORS > 1 && Files.isExecutable(Path.of("/usr/bin/taskset"));
    }

    /** The beginning of a server's command line: on the first processor. */
    public static List<String> onItsProcessor() {
        return pinned() ? List.of("/usr/bin/taskset", "-c", "0") : List.of();
    }

    /** The same: on every processor, also where this process may not run, for a child may have no more than its parent. */
    public static List<String> onAnyProcessor() {
        return pinned() ? List.of("/usr/bin/taskset", "-c", all()) : List.of();
    }

    /** Binds this server to the first processor, if it was started on any. */
    public void toItsProcessor() throws IOException, InterruptedException {
        bind(process.pid(), "0");
    }

    /** Lets this server have every processor. */
    public void toAnyProcessor() throws IOException, InterruptedException {
        bind(process.pid(), all());
    }

    /** The beginning of a load's command line: on the other processors. */
    public static List<String> onTheOthers() {
        return pinned() ? List.of("/usr/bin/taskset", "-c", others()) : List.of();
    }

    private static String all() {
        return "0-" + (PROCESSORS - 1);
    }

    private static String others() {
        return "1-" + (PROCESSORS - 1);
    }

    /** Binds this whole process to the other processors. */
    public static void leaveItsProcessor() throws IOException, InterruptedException {
        bind(ProcessHandle.current().pid(), others());
    }

    private static void bind(long pid, String processors) throws IOException, InterruptedException {
        if (!pinned()) {
            return;
        }
        var bound = new ProcessBuilder(List.of("/usr/bin/taskset", "-acp", processors, Long.toString(pid)))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (bound.waitFor() != 0) {
            throw new IOException("process " + pid + " could not be bound to processor " + processors);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
