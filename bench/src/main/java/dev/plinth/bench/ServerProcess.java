package dev.plinth.bench;

import dev.plinth.bench.programs.PlinthServerProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** This build's server in a process of its own. */
record ServerProcess(Process process, int port) implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("READY server 127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern RSS = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

    /** @param flags for the JVM */
    static ServerProcess start(Path directory, List<String> flags) throws IOException {
        Files.createDirectories(directory);
        var process = new ProcessBuilder(PlinthServerProgram.command(directory, flags))
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
