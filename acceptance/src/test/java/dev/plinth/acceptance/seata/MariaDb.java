package dev.plinth.acceptance.seata;

import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A MariaDB of its own, from the distribution's packages ({@code ./plinth test} installs Debian's {@code mariadb-server-core} where it
 * is missing), on a free port of 127.0.0.1.
 */
final class MariaDb implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final int START_ATTEMPTS_MAX = 5;
    private static final Path PROGRAMS = Path.of("/usr/sbin");

    private final Process process;
    private final int port;

    private MariaDb(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** @param directory for its data and its log; empty or not there */
    static MariaDb start(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        var install = new ProcessBuilder(List.of(
                        program("mariadb-install-db"),
                        "--no-defaults",
                        "--datadir=" + directory.resolve("data"),
                        "--user=" + System.getProperty("user.name"),
                        "--auth-root-authentication-method=normal",
                        "--skip-test-db"))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("install.log").toFile())
                .start();
        if (!install.waitFor(START_MAX.toSeconds(), TimeUnit.SECONDS) || install.exitValue() != 0) {
            install.destroyForcibly();
            throw new IOException(
                    "MariaDB's data could not be made: " + Files.readString(directory.resolve("install.log")));
        }
        // Between the asking for a free port and its use, somebody else may take it.
        for (int attempt = 1; ; attempt++) {
            int port = FreePorts.find(1).getFirst();
            var process = new ProcessBuilder(List.of(
                            program("mariadbd"),
                            "--no-defaults",
                            "--user=" + System.getProperty("user.name"),
                            "--datadir=" + directory.resolve("data"),
                            "--socket=" + directory.resolve("socket"),
                            "--port=" + port,
                            "--bind-address=127.0.0.1",
                            "--skip-name-resolve",
                            "--innodb-buffer-pool-size=32M",
                            "--innodb-log-file-size=16M",
                            "--performance-schema=off",
                            "--pid-file=" + directory.resolve("pid")))
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("server.log").toFile())
                    .start();
            var started = new MariaDb(process, port);
            if (started.answers()) {
                return started;
            }
            started.close();
            if (attempt == START_ATTEMPTS_MAX) {
                throw new IOException("MariaDB does not start: " + Files.readString(directory.resolve("server.log")));
            }
        }
    }

    private static String program(String name) throws IOException {
        var places = new ArrayList<>(List.of(PROGRAMS, Path.of("/usr/bin"), Path.of("/usr/local/bin")));
        return places.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException("there is no " + name + " in " + places
                        + "; Debian has it in mariadb-server-core, and ./plinth test installs it"))
                .toString();
    }

    private boolean answers() {
        try {
            await().atMost(START_MAX).until(() -> !process.isAlive() || connects());
        } catch (ConditionTimeoutException e) {
            return false;
        }
        return process.isAlive();
    }

    private boolean connects() {
        try (var _ = DriverManager.getConnection(jdbcUrl(""))) {
            return true;
        } catch (SQLException e) {
            return false; // not yet
        }
    }

    /** The address of a database, for its superuser. */
    String jdbcUrl(String database) {
        return "jdbc:mariadb://127.0.0.1:" + port + "/" + database + "?user=root&allowPublicKeyRetrieval=true";
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
