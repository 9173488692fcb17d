package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A coordinator in its own process, which can be killed without warning and started again on the same data. */
final class CoordinatorProcess implements AutoCloseable {
    private final Path folder;
    private Process process;
    private int port;

    CoordinatorProcess(Path folder) throws IOException {
        this.folder = folder;
        start();
    }

    /** Where its Seata door is; the same after a restart. */
    String address() {
        return "127.0.0.1:" + port;
    }

    /** Kill -9: nothing is flushed, nobody is told. */
    void kill() {
        process.destroyForcibly();
        assertThat(process.onExit().orTimeout(20, TimeUnit.SECONDS).join().isAlive())
                .isFalse();
    }

    void start() throws IOException {
        process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CoordinatorMain.class.getName(),
                        folder.toString(),
                        Integer.toString(port)))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        folder.resolveSibling("coordinator.log").toFile()))
                .start();
        String said = process.inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(said).as("the coordinator's first words").startsWith("listening on ");
        port = Integer.parseInt(said.substring("listening on ".length()));
    }

    @Override
    public void close() {
        kill();
    }
}
