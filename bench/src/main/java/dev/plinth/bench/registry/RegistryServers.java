package dev.plinth.bench.registry;

import dev.plinth.bench.programs.FreePorts;
import dev.plinth.bench.programs.Peer;
import dev.plinth.bench.programs.PlinthServerProgram;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
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
import java.util.regex.Pattern;

/** Starts the three registries, each in a process of its own, with the same heap on the same processor. */
final class RegistryServers {
    private static final Duration START_MAX = Duration.ofMinutes(3);
    private static final Pattern OUR_NACOS_PORT = Pattern.compile("Nacos's clients +127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern OUR_PORT = Pattern.compile("registry, own port +127\\.0\\.0\\.1:(\\d+)");
    private static final String OURS_READY = "READY server";

    /** Nacos's clients look for gRPC at so much above the port that they are told. */
    static final int NACOS_OFFSET = 1_000;

    static final int SOFAREGISTRY_PORT = 9_603;

    /** What the distribution tells Java with every command, as far as it bears on speed and memory ({@code dist/plinth}). */
    static final List<String> DISTRIBUTION =
            List.of("-XX:+UseCompactObjectHeaders", "-Dcom.linecorp.armeria.tlsEngineType=jdk");

    private RegistryServers() {}

    /** This build's server; its port is that of the registry's own port. */
    record Ours(ServerUnderTest server, int nacosPort) implements AutoCloseable {
        @Override
        public void close() {
            server.close();
        }
    }

    /** A server that is being started; {@link #await} waits until it takes clients. */
    interface Starting {
        ServerUnderTest await() throws IOException, InterruptedException;
    }

    static Ours plinth(Path directory, List<String> flags) throws IOException {
        return plinth(directory, 0, flags);
    }

    /** @param port of the registry's own port; 0 for any */
    static Ours plinth(Path directory, int port, List<String> flags) throws IOException {
        return plinth(directory, port, ServerUnderTest.onItsProcessor(), flags);
    }

    /** The same, and it may have every processor of the machine. */
    static Ours plinthAnywhere(Path directory, int port, List<String> flags) throws IOException {
        return plinth(directory, port, ServerUnderTest.onAnyProcessor(), flags);
    }

    private static Ours plinth(Path directory, int port, List<String> binding, List<String> flags) throws IOException {
        Files.createDirectories(directory);
        var configuration = directory.resolve("server.yaml");
        Files.writeString(configuration, """
                data: %s
                http:
                  listen: 127.0.0.1:0
                registry:
                  listen: 127.0.0.1:%d
                seata:
                  listen: 127.0.0.1:0
                nacos:
                  listen: 127.0.0.1:0
                """.formatted(directory.resolve("data"), port));
        var command = new ArrayList<>(binding);
        command.addAll(PlinthServerProgram.command(flags, List.of("--config", configuration.toString())));
        var process = new ProcessBuilder(command)
                .redirectError(directory.resolve("plinth.log").toFile())
                .start();
        var said = process.inputReader(StandardCharsets.UTF_8);
        int nacosPort = 0;
        int ownPort = 0;
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            var nacos = OUR_NACOS_PORT.matcher(line);
            if (nacos.find()) {
                nacosPort = Integer.parseInt(nacos.group(1));
            }
            var own = OUR_PORT.matcher(line);
            if (own.find()) {
                ownPort = Integer.parseInt(own.group(1));
            }
            if (line.contains(OURS_READY)) {
                return new Ours(new ServerUnderTest("Plinth", process, ownPort), nacosPort);
            }
        }
        throw new IOException("the server ended before it was ready; its log is " + directory.resolve("plinth.log"));
    }

    /** A cache of classes, as the distribution makes one before its first start: a flag for the JVM. */
    static String classCache(Path directory, List<String> flags) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        var cache = directory.resolve("plinth.aot");
        var withOutput = new ArrayList<>(flags);
        withOutput.add("-XX:AOTCacheOutput=" + cache);
        var made = new ProcessBuilder(PlinthServerProgram.command(
                        withOutput,
                        List.of(
                                "--check",
                                "--data",
                                directory.resolve("check").toString(),
                                "--http",
                                "127.0.0.1:0",
                                "--seata",
                                "127.0.0.1:0")))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("cache.log").toFile())
                .start();
        if (made.waitFor() != 0 || !Files.exists(cache)) {
            throw new IOException("the cache of classes could not be made; see " + directory.resolve("cache.log"));
        }
        return "-XX:AOTCache=" + cache;
    }

    /** Nacos alone, as its defaults are; a third party's rebuild, for Nacos's server is not on Maven Central. */
    static Starting nacos(Path directory, List<String> flags) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        var lib = Peer.NACOS_SERVER.programs();
        int port = FreePorts.withOthersAbove(NACOS_OFFSET, NACOS_OFFSET + 1);
        List<String> command = new ArrayList<>();
        command.add(PlinthServerProgram.java());
        command.addAll(flags);
        command.addAll(List.of(
                "-Dnacos.standalone=true",
                "-Dnacos.home=" + directory,
                "-Duser.home=" + directory,
                "-Dnacos.server.main.port=" + port,
                "-cp",
                // Of two jars with the same classes its logging of Raft wants this one first.
                lib.resolve("hessian-4.0.63.jar") + File.pathSeparator
                        + Peer.NACOS_SERVER.source().resolve("conf") + File.pathSeparator + lib + File.separator
                        + "*",
                Peer.NACOS_SERVER.source().resolve("NacosServer.java").toString()));
        var log = directory.resolve("nacos.log");
        var process = start(command, directory, log);
        return () -> {
            waitFor(process, log, () -> Files.readString(log).contains("\nREADY\n") && listens(port + NACOS_OFFSET));
            return onItsProcessor(new ServerUnderTest("Nacos", process, port + NACOS_OFFSET));
        };
    }

    /** SOFARegistry's meta, data and session server in one process, as its own start for one machine does. */
    static Starting sofaRegistry(Path directory, List<String> flags) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        if (listens(SOFAREGISTRY_PORT)) {
            throw new IOException("port " + SOFAREGISTRY_PORT + ", which SOFARegistry takes, is in use");
        }
        var lib = Peer.SOFAREGISTRY_SERVER.programs();
        List<String> command = new ArrayList<>();
        command.add(PlinthServerProgram.java());
        command.addAll(flags);
        for (var opened : List.of(
                "java.lang",
                "java.lang.reflect",
                "java.util",
                "java.util.concurrent",
                "java.net",
                "java.math",
                "java.io",
                "java.nio",
                "sun.nio.ch",
                "sun.reflect.generics.reflectiveObjects")) {
            command.addAll(List.of("--add-opens", "java.base/" + opened + "=ALL-UNNAMED"));
        }
        command.addAll(List.of(
                "-Duser.home=" + directory,
                "-Dspring.profiles.active=dev",
                "-cp",
                lib + File.separator + "*",
                "com.alipay.sofa.registry.server.integration.RegistryApplication"));
        var log = directory.resolve("sofaregistry.log");
        var process = start(command, directory, log);
        return () -> {
            waitFor(process, log, RegistryServers::sofaRegistryIsHealthy);
            return onItsProcessor(new ServerUnderTest("SOFARegistry", process, SOFAREGISTRY_PORT));
        };
    }

    /** They take long to start, and may have all processors for it. */
    private static ServerUnderTest onItsProcessor(ServerUnderTest server) throws IOException, InterruptedException {
        server.toItsProcessor();
        return server;
    }

    private static Process start(List<String> command, Path directory, Path log) throws IOException {
        return new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static void waitFor(Process process, Path log, Condition condition)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (!condition.holds()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new IOException("a peer does not start; its log is " + log);
            }
            Thread.sleep(200);
        }
    }

    private static boolean listens(int port) {
        try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean sofaRegistryIsHealthy() throws InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var health = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + SOFAREGISTRY_PORT + "/health/check"))
                            .timeout(Duration.ofSeconds(2))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return health.statusCode() == 200 && health.body().contains("\"success\":true");
        } catch (IOException e) {
            // Not yet.
            return false;
        }
    }
}
