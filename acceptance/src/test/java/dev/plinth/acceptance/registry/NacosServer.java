package dev.plinth.acceptance.registry;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/** A Nacos server of its own (3.1.0, a rebuild by a third party), in a process of its own. */
final class NacosServer implements AutoCloseable {
    private static final int GRPC_OFFSET = 1_000;

    private final Process process;
    private final int port;

    NacosServer(Path home) throws IOException {
        port = freePort();
        Files.createDirectories(home);
        var target = Path.of("nacos-server-app", "target").toAbsolutePath();
        List<String> libraries = new ArrayList<>(List.of(
                Files.readString(target.resolve("class-path.txt")).strip().split(File.pathSeparator)));
        // Of two jars with the same classes its logging of Raft wants this one first.
        libraries.sort((one, other) -> Boolean.compare(other.contains("/hessian-4"), one.contains("/hessian-4")));
        var log = home.resolve("nacos.log").toFile();
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx384m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dnacos.standalone=true",
                        "-Dnacos.home=" + home,
                        "-Duser.home=" + home,
                        "-Dnacos.server.main.port=" + port,
                        "-cp",
                        target.resolve("classes") + File.pathSeparator + String.join(File.pathSeparator, libraries),
                        "dev.plinth.acceptance.nacos.server.NacosServerApplication")
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("Nacos ended:\n" + Files.readString(log.toPath()));
            }
            return Files.readString(log.toPath()).contains("READY");
        });
    }

    /** One whose neighbours, which Nacos takes too, are free as well: its Raft below, its gRPC above. */
    private static int freePort() throws IOException {
        while (true) {
            try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                int found = socket.getLocalPort();
                if (found > 2 * GRPC_OFFSET
                        && found < 65_000 - GRPC_OFFSET
                        && IntStream.of(found - GRPC_OFFSET, found + GRPC_OFFSET, found + GRPC_OFFSET + 1)
                                .allMatch(NacosServer::isFree)) {
                    return found;
                }
            }
        }
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** As its clients are told, but for its gRPC, which is above it. */
    String address() {
        return "127.0.0.1:" + port;
    }

    /** For clients that are told where gRPC is. */
    String grpc() {
        return "127.0.0.1:" + (port + GRPC_OFFSET);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
