package dev.plinth.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** This build's server in a process of its own. */
record ServerProcess(Process process, int port) implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("READY server 127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern RSS = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

    /** @param flags for the JVM */
    static ServerProcess start(Path directory, List<String> flags) throws IOException {
        var lib = Path.of(System.getProperty("plinth.home", "."), "cli", "target", "lib");
        if (!Files.isDirectory(lib)) {
            throw new IOException("the server is not built: there is no " + lib);
        }
        Files.createDirectories(directory);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                lib + File.separator + "*",
                "dev.plinth.cli.Plinth",
                "server",
                "--data",
                directory.resolve("data").toString(),
                "--http",
                "127.0.0.1:0",
                "--seata",
                "127.0.0.1:0"));
        var process = new ProcessBuilder(command)
                .redirectError(directory.resolve("server.log").toFile())
                .start();
        var said = process.inputReader(StandardCharsets.UTF_8);
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            var ready = READY.matcher(line);
            if (ready.find()) {
                return new ServerProcess(process, Integer.parseInt(ready.group(1)));
            }
        }
        throw new IOException("the server ended before it was ready; its log is " + directory.resolve("server.log"));
    }

    /** Mebibytes of memory that it has resident. */
    double rssMib() throws IOException {
        var found = RSS.matcher(Files.readString(Path.of("/proc", Long.toString(process.pid()), "status")));
        if (!found.find()) {
            throw new IOException("/proc does not say what is resident of process " + process.pid());
        }
        return Long.parseLong(found.group(1)) / 1024.0;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
