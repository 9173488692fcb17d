package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.cli.Plinth;
import dev.plinth.kernel.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** {@code plinth server} in its own process, which can be killed without warning and started again on the same data. */
public final class ServerProcess implements CoordinatorHouse {
    private static final Pattern HTTP = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern SEATA = Pattern.compile("Seata's clients +127\\.0\\.0\\.1:(\\d+)");

    private final Path data;
    private final Path log;
    private final List<String> options;
    private Process process;
    private int port;
    private int httpPort;

    /** @param log for what it says on its error output */
    ServerProcess(Path data, Path log) throws IOException {
        this(data, log, 0, List.of());
    }

    /**
     * Starts it.
     *
     * @param httpPort 0 for a free one
     * @param options of the command besides its data and its addresses
     */
    public ServerProcess(Path data, Path log, int httpPort, List<String> options) throws IOException {
        this.data = data;
        this.log = log;
        // Not of the system's choice: nobody shall have them while the server is dead.
        var ports = FreePorts.find(2);
        this.httpPort = httpPort == 0 ? ports.getFirst() : httpPort;
        this.port = ports.getLast();
        this.options = options;
        start();
    }

    /** Where its Seata door is; the same after a restart. */
    @Override
    public String seata() {
        return "127.0.0.1:" + port;
    }

    /** Where its HTTP door is; the same after a restart. */
    @Override
    public String http() {
        return "127.0.0.1:" + httpPort;
    }

    /** Kill -9: nothing is flushed, nobody is told. */
    @Override
    public void kill() {
        process.destroyForcibly();
        assertThat(process.onExit().orTimeout(20, TimeUnit.SECONDS).join().isAlive())
                .isFalse();
    }

    /** The operating system's number of it. */
    public long pid() {
        return process.pid();
    }

    /** Until it has ended by itself. */
    public void awaitEnd() {
        assertThat(process.onExit().orTimeout(60, TimeUnit.SECONDS).join().isAlive())
                .isFalse();
    }

    @Override
    public void goOn() throws IOException {
        start();
    }

    @Override
    public List<String> gone() {
        return process.isAlive() ? List.of() : List.of(seata());
    }

    @Override
    public void mend() throws IOException {
        if (!process.isAlive()) {
            start();
        }
    }

    /** Starts it again on the same data. */
    public void start() throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + log.resolveSibling("hs_err_%p.log"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Plinth.class.getName(),
                "server",
                "--data",
                data.toString(),
                "--http",
                "127.0.0.1:" + httpPort,
                "--seata",
                "127.0.0.1:" + port));
        command.addAll(options);
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        try {
            awaitReady(process.inputReader(StandardCharsets.UTF_8));
        } catch (IOException | AssertionError e) {
            kill();
            throw e;
        }
    }

    private void awaitReady(BufferedReader said) throws IOException {
        var lines = new ArrayList<String>();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            lines.add(line);
            var http = HTTP.matcher(line);
            if (http.find()) {
                httpPort = Integer.parseInt(http.group(1));
            }
            var seata = SEATA.matcher(line);
            if (seata.find()) {
                port = Integer.parseInt(seata.group(1));
            }
            if (line.startsWith("READY")) {
                assertThat(port)
                        .as(() -> "the port for Seata's clients in " + lines)
                        .isPositive();
                return;
            }
        }
        throw new AssertionError("the server ended before it was ready; it said " + lines + "; its log is " + log);
    }

    @Override
    public void close() {
        kill();
    }
}
