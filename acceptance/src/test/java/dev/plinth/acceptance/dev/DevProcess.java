package dev.plinth.acceptance.dev;

import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A running {@code plinth dev}, from the built modules. */
final class DevProcess implements AutoCloseable {
    private static final Pattern PID = Pattern.compile("\\bpid (\\d+)");

    private static final Pattern XID = Pattern.compile("\"xid\":\"([^\"]+)\"");

    private final Process process;
    private final Path data;
    private final int httpPort;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private DevProcess(Process process, Path data, int httpPort) {
        this.process = process;
        this.data = data;
        this.httpPort = httpPort;
        Thread.ofVirtual().start(this::read);
    }

    static DevProcess start(Path data) throws IOException {
        List<Integer> ports = FreePorts.find(2);
        return new DevProcess(
                new ProcessBuilder(command(data, ports.get(0), ports.get(1)))
                        .redirectErrorStream(true)
                        .start(),
                data,
                ports.get(0));
    }

    private static List<String> command(Path data, int httpPort, int seataPort) {
        Path home = Path.of("..").toAbsolutePath().normalize();
        // A build that runs in the background ignores Ctrl-C, and so would what it starts.
        return List.of(
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dplinth.home=" + home,
                "-cp",
                home.resolve("cli/target/lib") + "/*",
                "dev.plinth.cli.Plinth",
                "dev",
                "--data",
                data.toString(),
                "--http-port",
                Integer.toString(httpPort),
                "--seata-port",
                Integer.toString(seataPort),
                "--customers",
                "1000",
                "--rate",
                "40",
                "--clients",
                "4");
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(lines::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String console() {
        return "http://127.0.0.1:" + httpPort;
    }

    int httpPort() {
        return httpPort;
    }

    /** Waits until it has printed a line with this in it. */
    void awaitLine(String regex, Duration most) {
        var pattern = Pattern.compile(regex);
        await("a line with '" + regex + "' in\n" + lines)
                .atMost(most)
                .until(() -> !process.isAlive()
                        || lines.stream().anyMatch(line -> pattern.matcher(line).find()));
        if (!process.isAlive()) {
            throw new AssertionError("plinth dev ended: " + String.join("\n", lines));
        }
    }

    /** Kill -9 on one of its processes. */
    void kill(String name) {
        var line = lines.stream()
                .filter(candidate -> candidate.matches(".*\\b" + name + " +ready .*"))
                .reduce((first, second) -> second)
                .orElseThrow();
        var matcher = PID.matcher(line);
        if (!matcher.find()) {
            throw new AssertionError("no pid in " + line);
        }
        ProcessHandle.of(Long.parseLong(matcher.group(1))).orElseThrow().destroyForcibly();
    }

    String log(String name) {
        try {
            return Files.readString(data.resolve("logs").resolve(name + ".log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long audits() {
        return log("auditor").lines().filter(line -> line.startsWith("AUDIT")).count();
    }

    /** The XID of a transfer that has ended. */
    String recentXid() {
        var request = HttpRequest.newBuilder(URI.create(console() + "/api/v1/transactions?state=recent&limit=1"))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            var matcher = XID.matcher(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            if (!matcher.find()) {
                throw new AssertionError("no transaction has ended yet");
            }
            return matcher.group(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** It and everything that it started. */
    List<ProcessHandle> processes() {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        return all;
    }

    /** What another one prints that is given the same ports. */
    String second() throws IOException, InterruptedException {
        var other = new ProcessBuilder(command(data.resolve("second"), httpPort, httpPort))
                .redirectErrorStream(true)
                .start();
        String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!other.waitFor(1, TimeUnit.MINUTES) || other.exitValue() != 2) {
            throw new AssertionError("exit status " + other.exitValue() + ", not 2: " + said);
        }
        return said;
    }

    /** What Ctrl-C sends. */
    void interrupt() {
        try {
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        var all = processes();
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        all.forEach(ProcessHandle::destroyForcibly);
    }
}
