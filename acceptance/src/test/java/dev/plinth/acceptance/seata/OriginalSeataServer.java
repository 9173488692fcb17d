package dev.plinth.acceptance.seata;

import static org.awaitility.Awaitility.await;

import dev.plinth.bench.programs.Peer;
import dev.plinth.kernel.FreePorts;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Seata's own server, 2.0.0, the newest that was released to Maven Central, in a process of its own and in file mode. Maven fetches
 * it the first time, as for {@code ./plinth bench transactions}.
 */
final class OriginalSeataServer implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofMinutes(2);
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    private final Process process;
    private final int port;

    private OriginalSeataServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** @param directory for its data, its configuration and its log */
    static OriginalSeataServer start(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        var ports = FreePorts.find(2);
        int port = ports.get(0);
        Files.writeString(directory.resolve("application.yml"), """
                server:
                  port: %d
                spring:
                  application:
                    name: seata-server
                logging:
                  file:
                    path: %s
                console:
                  user:
                    username: seata
                    password: seata
                seata:
                  config:
                    type: file
                  registry:
                    type: file
                  store:
                    mode: file
                    file:
                      dir: %s
                  server:
                    service-port: %d
                  security:
                    secretKey: SeataSecretKey0c382ef121d778043159209298fd40bf3850a017
                    tokenValidityInMilliseconds: 1800000
                    ignore:
                      urls: /**
                """.formatted(
                        ports.get(1), directory.resolve("logs"), directory.resolve("sessions"), port));
        var log = directory.resolve("seata.log").toFile();
        var process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Duser.home=" + directory,
                        "-Dspring.config.location=file:" + directory.resolve("application.yml"),
                        "-cp",
                        Peer.SEATA_SERVER.programs(HOME) + File.separator + "*",
                        "io.seata.server.ServerApplication"))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        var server = new OriginalSeataServer(process, port);
        try {
            await().atMost(START_MAX).until(() -> !process.isAlive() || server.listens());
        } catch (ConditionTimeoutException e) {
            server.close();
        }
        if (!process.isAlive()) {
            throw new IOException("Seata's server does not start: " + Files.readString(log.toPath()));
        }
        return server;
    }

    private boolean listens() {
        try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    /** Where its clients connect. */
    String seata() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
