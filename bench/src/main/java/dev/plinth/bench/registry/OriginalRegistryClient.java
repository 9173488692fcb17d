package dev.plinth.bench.registry;

import dev.plinth.bench.programs.Peer;
import dev.plinth.bench.programs.PlinthServerProgram;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An original client as the load: a process of its own, that does what it is told a line at a time. */
final class OriginalRegistryClient implements AutoCloseable {
    private final Process process;
    private final BufferedReader said;
    private final Path log;

    private OriginalRegistryClient(Path log, Peer peer, String program, List<String> flags, List<String> arguments)
            throws IOException, InterruptedException {
        this.log = log;
        Files.createDirectories(log.resolveSibling("home"));
        var command = new ArrayList<>(ServerUnderTest.onTheOthers());
        command.add(PlinthServerProgram.java());
        command.addAll(flags);
        command.addAll(List.of(
                "-Duser.home=" + log.resolveSibling("home"),
                "-cp",
                peer.programs() + File.separator + "*" + File.pathSeparator
                        + peer.source().resolve("conf"),
                peer.source().resolve(program).toString()));
        command.addAll(arguments);
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        said = process.inputReader(StandardCharsets.UTF_8);
        try {
            next("READY");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Nacos's, with so many clients and threads for each of them. */
    static OriginalRegistryClient nacos(Path log, int grpcPort, int clients, int threads)
            throws IOException, InterruptedException {
        return new OriginalRegistryClient(
                log,
                Peer.NACOS_CLIENT,
                "NacosLoad.java",
                List.of("-Xmx1g", "-Dnacos.logging.default.config.enabled=false"),
                List.of(
                        "127.0.0.1:" + (grpcPort - RegistryServers.NACOS_OFFSET),
                        Integer.toString(clients),
                        Integer.toString(threads)));
    }

    /** SOFARegistry's. */
    static OriginalRegistryClient sofaRegistry(Path log, int port, int clients, int threads)
            throws IOException, InterruptedException {
        return new OriginalRegistryClient(
                log,
                Peer.SOFAREGISTRY_CLIENT,
                "SofaRegistryLoad.java",
                List.of(
                        "-Xmx1g",
                        "--add-opens",
                        "java.base/java.lang=ALL-UNNAMED",
                        "--add-opens",
                        "java.base/java.lang.reflect=ALL-UNNAMED"),
                List.of(Integer.toString(port), Integer.toString(clients), Integer.toString(threads)));
    }

    /** Registers for a while. */
    NacosWire.Registered rate(long millis) throws IOException {
        var fields = ask("rate " + millis, "ROUND");
        return new NacosWire.Registered(Long.parseLong(fields[1]), Long.parseLong(fields[2]) / 1e9);
    }

    /** Sends an order, and gives the words of its answer. */
    String[] ask(String order, String answer) throws IOException {
        var orders = process.outputWriter(StandardCharsets.UTF_8);
        orders.write(order + "\n");
        orders.flush();
        return next(answer).split(" ", -1);
    }

    private String next(String word) throws IOException {
        for (var line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith(word)) {
                return line;
            }
            if (line.startsWith("FAILED")) {
                throw new IOException("the original client: " + line + "; its log is " + log);
            }
        }
        throw new IOException("the original client ended; its log is " + log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
