package dev.plinth.acceptance.faults;

import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.Group;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One {@code plinth server} on a host of its own, with a small disk of its own; as it is delivered, from {@code cli/target/lib}. */
final class Server implements Closeable {
    private static final int STATUS_WITHIN_MILLIS = 1_000;
    private static final int STOPS_WITHIN_SECONDS = 60;
    private static final int HTTP_PORT_FIRST = 7701;
    private static final int SEATA_PORT = 8091;
    private static final String LIB = "../cli/target/lib";

    private final String name;
    private final Namespace host;
    private final int http;
    private final Path directory;
    private final Path disk;
    private final Optional<FaultyCalls> calls;
    private final ManagedChannel channel;
    private @Nullable Process process;

    /**
     * @param number from 0 on
     * @param directory for its log, its disk and what it is told
     * @param library of {@link FaultyCalls}, if it can be had
     */
    Server(
            String name,
            int number,
            Namespace host,
            Path directory,
            int diskMebibytes,
            Optional<Path> library,
            EventLoopGroup loops)
            throws IOException {
        this.name = name;
        this.host = host;
        this.http = HTTP_PORT_FIRST + number;
        this.directory = Files.createDirectories(directory);
        this.disk = Files.createDirectories(directory.resolve("disk"));
        this.calls = library.map(of -> FaultyCalls.of(of, directory.resolve("faulty-calls")));
        Shell.run(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "size=" + diskMebibytes + "m",
                Leftovers.name(name),
                this.disk.toString());
        this.channel = NettyChannelBuilder.forAddress("127.0.0.1", http)
                .eventLoopGroup(loops)
                .channelFactory(() -> new NioSocketChannel(socket()))
                .usePlaintext()
                .build();
    }

    private SocketChannel socket() {
        try {
            return host.socket();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return name;
    }

    /** Where it is reached by its console and by commands, on its own host; and by the other servers, at another address of it. */
    int httpPort() {
        return http;
    }

    /** To its HTTP door. A call to one that is away fails at once. */
    ManagedChannel channel() {
        return channel;
    }

    /** Faulty calls of its process; only where {@link FaultyCalls#compile} did its work. */
    FaultyCalls calls() {
        return calls.orElseThrow();
    }

    Path disk() {
        return disk;
    }

    Path log() {
        return directory.resolve("log");
    }

    @Override
    public String toString() {
        return name;
    }

    // ---- its process

    void start(Path configuration) throws IOException {
        if (!Files.isDirectory(Path.of(LIB))) {
            throw new IOException("not packaged: there is no " + LIB + "; ./plinth test builds it");
        }
        List<String> command = new ArrayList<>(host.entering());
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                LIB + "/*",
                "dev.plinth.cli.Plinth",
                "server",
                "--config",
                configuration.toString(),
                "--name",
                name,
                "--data",
                disk.resolve("data").toString(),
                "--seata",
                "127.0.0.1:" + SEATA_PORT));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        calls.ifPresent(faulty -> builder.environment().putAll(faulty.environment()));
        var started = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        process = started;
    }

    private Process process() {
        if (process == null) {
            throw new IllegalStateException("server " + name + " was not started");
        }
        return process;
    }

    /** SIGKILL. */
    void kill() {
        process().destroyForcibly();
        process().onExit().join();
    }

    /** SIGTERM, and waits until it has gone. */
    void stop() throws InterruptedException, IOException {
        process().destroy();
        if (!process().waitFor(STOPS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
            dumpThreads();
            TimeUnit.SECONDS.sleep(1);
            kill();
            throw new AssertionError("server " + name + " did not stop within " + STOPS_WITHIN_SECONDS
                    + " s of being asked; what its threads did is in " + log());
        }
    }

    /** Has it write what its threads do into its log. */
    void dumpThreads() throws IOException {
        if (process().isAlive()) {
            signal("QUIT");
        }
    }

    /** SIGSTOP: it stands still, and its connections with it. */
    void pause() throws IOException {
        signal("STOP");
    }

    /** SIGCONT. */
    void resume() throws IOException {
        signal("CONT");
    }

    private void signal(String signal) throws IOException {
        Shell.run("kill", "-" + signal, Long.toString(process().pid()));
    }

    // ---- what it says

    /** How a group stands, as this server sees it; empty if it does not answer. */
    Optional<Group> group(String group) {
        return groups().stream().filter(one -> one.getName().equals(group)).findFirst();
    }

    List<Group> groups() {
        try {
            return ClusterGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(STATUS_WITHIN_MILLIS, TimeUnit.MILLISECONDS)
                    .getCluster(GetClusterRequest.getDefaultInstance())
                    .getGroupsList();
        } catch (StatusRuntimeException _) {
            channel.resetConnectBackoff();
            return List.of();
        }
    }

    /** Why groups do not go on here, by group; empty if all do, or it does not answer. */
    Map<String, String> trouble() {
        return groups().stream()
                .filter(one -> !one.getTrouble().isEmpty())
                .collect(Collectors.toMap(Group::getName, Group::getTrouble));
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            kill();
        }
        channel.shutdownNow();
        Shell.run("umount", disk.toString());
    }
}
