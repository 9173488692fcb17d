package dev.plinth.bench.transactions;

import dev.plinth.bench.programs.Peer;
import dev.plinth.bench.programs.PlinthServerProgram;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Seata's original client as the load: a process of its own, with as many threads as there are {@link Clients}. */
final class OriginalClient implements AutoCloseable {
    private final Process process;
    private final BufferedReader said;
    private final Path log;

    /** One round, in which phase two is complete. */
    record Round(long transactions, double seconds, double p50Micros, double p99Micros) {
        double rate() {
            return transactions / seconds;
        }
    }

    OriginalClient(Path directory, int port) throws IOException, InterruptedException {
        log = directory.resolve("client.log");
        var command = new ArrayList<>(ServerUnderTest.onTheOthers());
        command.addAll(List.of(
                PlinthServerProgram.java(),
                "-Dservice.default.grouplist=127.0.0.1:" + port,
                "-cp",
                Peer.SEATA_CLIENT.programs() + File.separator + "*" + File.pathSeparator
                        + Peer.SEATA_CLIENT.source().resolve("conf"),
                Peer.SEATA_CLIENT.source().resolve("SeataLoad.java").toString(),
                Integer.toString(Clients.COUNT)));
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        said = process.inputReader(StandardCharsets.UTF_8);
        try {
            next("READY");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    Round run(long millis) throws IOException {
        var asked = process.outputWriter(StandardCharsets.UTF_8);
        asked.write(millis + "\n");
        asked.flush();
        var fields = next("ROUND").split(" ", -1);
        return new Round(
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]) / 1e9,
                Long.parseLong(fields[3]) / 1e3,
                Long.parseLong(fields[4]) / 1e3);
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
