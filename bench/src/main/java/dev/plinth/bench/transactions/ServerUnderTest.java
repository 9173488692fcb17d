package dev.plinth.bench.transactions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server process that is measured, and where its Seata door is. */
record ServerUnderTest(String name, Process process, int port) implements AutoCloseable {
    /** The unit of the times in /proc: USER_HZ, which Linux fixes at 100 for what it shows. */
    private static final long TICK_NANOS = 10_000_000;

    /** CPU time that it has used so far, in user and in kernel mode, of all threads; as the kernel counts it. */
    long cpuNanos() throws IOException {
        var stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        // The name, in parentheses, may hold blanks; the fields are counted from behind it.
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS;
    }

    /** Bytes of live objects, after a full collection. */
    long liveHeapBytes() throws IOException, InterruptedException {
        run("GC.run");
        var info = run("GC.heap_info");
        // "garbage-first heap   total reserved 1572864K, committed 1572864K, used 912345K [...]"
        var used = info.substring(info.indexOf("used ") + 5);
        return Long.parseLong(used.substring(0, used.indexOf('K'))) * 1024;
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
    static boolean pinned() {
        return Runtime.getRuntime().availableProcessors() > 1 && Files.isExecutable(Path.of("/usr/bin/taskset"));
    }

    /** The beginning of a server's command line: on the first processor. */
    static List<String> onItsProcessor() {
        return pinned() ? List.of("/usr/bin/taskset", "-c", "0") : List.of();
    }

    /** The beginning of a load's command line: on the other processors. */
    static List<String> onTheOthers() {
        return pinned() ? List.of("/usr/bin/taskset", "-c", others()) : List.of();
    }

    private static String others() {
        return "1-" + (Runtime.getRuntime().availableProcessors() - 1);
    }

    /** Binds this whole process to the other processors. */
    static void leaveItsProcessor() throws IOException, InterruptedException {
        if (!pinned()) {
            return;
        }
        var bound = new ProcessBuilder(List.of(
                        "/usr/bin/taskset",
                        "-acp",
                        others(),
                        Long.toString(ProcessHandle.current().pid())))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (bound.waitFor() != 0) {
            throw new IOException("the load could not be bound to the second processor");
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
