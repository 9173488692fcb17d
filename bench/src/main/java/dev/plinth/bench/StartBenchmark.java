package dev.plinth.bench;

import dev.plinth.bench.figures.Figures;
import dev.plinth.bench.figures.Promise;
import dev.plinth.bench.programs.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * How long a server takes from the start of its process until it answers over HTTP, and how much memory it has when nothing is asked of
 * it: the distribution as users have it, and the checkout's own {@code ./plinth server} beside it.
 *
 * <p>Each round starts on the data of the one before; a first start, which makes the cache and the files of the journal, goes before and
 * does not count.
 */
final class StartBenchmark {
    private static final double READY_TARGET_SECONDS = 1.5;
    private static final double MEMORY_TARGET_MIB = 150;
    private static final Duration READY_MAX = Duration.ofMinutes(2);
    private static final Duration ASKED_EVERY = Duration.ofMillis(5);
    private static final Pattern RSS = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");
    private static final Pattern PARTS = Pattern.compile("(?m)^(RssAnon|RssFile|Threads):\\s+(\\d+)");

    private StartBenchmark() {}

    /** One start. */
    private record Started(double seconds, double rssMib, String parts) {}

    static boolean run(Bench.Options options) throws IOException, InterruptedException {
        var directory = options.directory().resolve("start");
        Disk.delete(directory);
        var fileSystem = Disk.fileSystem(directory);
        int rounds = options.quick() ? 5 : 11;
        var idle = options.quick() ? Duration.ofSeconds(10) : Duration.ofSeconds(20);
        var home = Path.of(System.getProperty("plinth.home", ".")).toAbsolutePath();
        var distribution = distribution(home);
        System.out.printf(
                Locale.ROOT,
                "start: %s, idle for %d s, in %s on %s; %d processors, JDK %s%n",
                distribution.getFileName(),
                idle.toSeconds(),
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        try {
            var ours = new Subject("the distribution", distribution.resolve("bin/plinth"), directory, rounds);
            var checkout = new Subject("the checkout", home.resolve("plinth"), directory, rounds);
            for (int i = 0; i < rounds; i++) {
                ours.round(i, idle);
                checkout.round(i, idle);
            }
            System.out.println(
                    "from the start of the process to the answer, and resident when idle; medians and ranges of "
                            + rounds + " rounds:");
            System.out.println(ours.line());
            System.out.println(checkout.line());
            var promises = List.of(
                    Promise.atMost("start.ready", Figures.of(ours.seconds).median(), "s", READY_TARGET_SECONDS),
                    Promise.atMost("start.idle-memory", Figures.of(ours.mib).most(), "MiB", MEMORY_TARGET_MIB));
            promises.forEach(promise -> System.out.println(promise.line()));
            return promises.stream().allMatch(Promise::kept);
        } finally {
            Disk.delete(directory);
        }
    }

    private static Path distribution(Path home) throws IOException {
        var built = home.resolve("target/dist");
        if (Files.isDirectory(built)) {
            try (var found = Files.list(built)) {
                var one = found.filter(Files::isDirectory).findFirst();
                if (one.isPresent()) {
                    return one.get();
                }
            }
        }
        throw new IOException("there is no distribution in " + built + "; ./plinth dist builds it");
    }

    /** One way to start a server, and what its rounds showed. */
    private static final class Subject {
        private final String name;
        private final Path program;
        private final Path data;
        private final Path log;
        private final double[] seconds;
        private final double[] mib;
        private String parts = "";

        Subject(String name, Path program, Path directory, int rounds) throws IOException, InterruptedException {
            this.name = name;
            this.program = program;
            this.data = directory.resolve("data-"
                    + Objects.requireNonNull(program.getParent(), "the program lies in a directory")
                            .getFileName());
            this.log = directory.resolve("log-" + program.getParent().getFileName());
            this.seconds = new double[rounds];
            this.mib = new double[rounds];
            start(Duration.ZERO);
        }

        void round(int number, Duration idle) throws IOException, InterruptedException {
            var started = start(idle);
            seconds[number] = started.seconds();
            mib[number] = started.rssMib();
            parts = started.parts();
        }

        private Started start(Duration idle) throws IOException, InterruptedException {
            int port = FreePorts.find(1).getFirst();
            long begin = System.nanoTime();
            var process = new ProcessBuilder(
                            program.toString(),
                            "server",
                            "--data",
                            data.toString(),
                            "--http",
                            "127.0.0.1:" + port,
                            "--seata",
                            "127.0.0.1:0")
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            try {
                while (!answers(port)) {
                    if (!process.isAlive() || System.nanoTime() - begin > READY_MAX.toNanos()) {
                        throw new IOException(program + " did not become ready: " + Files.readString(log));
                    }
                    Thread.sleep(ASKED_EVERY);
                }
                double ready = (System.nanoTime() - begin) / 1e9;
                Thread.sleep(idle);
                return memory(process.pid(), ready);
            } finally {
                process.destroy();
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
        }

        private static Started memory(long pid, double ready) throws IOException {
            var status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
            var rss = RSS.matcher(status);
            if (!rss.find()) {
                throw new IOException("/proc/" + pid + "/status does not say what is resident");
            }
            List<String> parts = new ArrayList<>();
            var found = PARTS.matcher(status);
            while (found.find()) {
                parts.add(found.group(1) + " " + found.group(2));
            }
            return new Started(ready, Long.parseLong(rss.group(1)) / 1024.0, String.join(", ", parts));
        }

        String line() {
            return String.format(
                    Locale.ROOT,
                    "  %-18s %s s   %s MiB (at last: %s)",
                    name,
                    Figures.of(seconds).precise(),
                    Figures.of(mib).whole(),
                    parts);
        }
    }

    /** Whether the server answers a question about its state with 200. */
    private static boolean answers(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(2_000);
            socket.getOutputStream()
                    .write(("GET /api/v1/cells HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] line = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
            return new String(line, StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
        } catch (IOException e) {
            // Not yet.
            return false;
        }
    }
}
