package dev.plinth.bench.transactions;

import dev.plinth.bench.programs.Peer;
import dev.plinth.bench.programs.PlinthServerProgram;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process that does {@link Transfers}, with the client of one side. */
final class TransferProcess implements AutoCloseable {
    private static final String HEAP = "-Xmx512m";

    private final Process process;
    private final BufferedReader said;
    private final Path log;

    /** One round. */
    record Round(long committed, long rolledBack, long unknown, double seconds, double p50Millis, double p99Millis) {
        double rate() {
            return committed / seconds;
        }
    }

    private TransferProcess(Path log, List<String> command) throws IOException {
        this.log = log;
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        said = process.inputReader(StandardCharsets.UTF_8);
        try {
            next("READY");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** On the SDK. */
    static TransferProcess sdk(Path directory, int port, String url, int connections) throws IOException {
        return new TransferProcess(
                directory.resolve("client.log"),
                List.of(
                        PlinthServerProgram.java(),
                        HEAP,
                        "-cp",
                        System.getProperty("java.class.path"),
                        SdkTransfers.class.getName(),
                        "127.0.0.1:" + port,
                        url,
                        Integer.toString(connections)));
    }

    /** On Seata's original client. */
    static TransferProcess seata(Path directory, int port, String url, int connections)
            throws IOException, InterruptedException {
        var source = Peer.SEATA_AT_CLIENT.source();
        var classes = List.of(
                Peer.SEATA_AT_CLIENT.programs() + File.separator + "*",
                source.resolve("conf").toString(),
                ownClasses());
        var command = new ArrayList<>(List.of(
                PlinthServerProgram.java(),
                HEAP,
                "-Dservice.default.grouplist=127.0.0.1:" + port,
                "-cp",
                String.join(File.pathSeparator, classes),
                source.resolve("SeataTransfers.java").toString(),
                url,
                Integer.toString(connections)));
        return new TransferProcess(directory.resolve("client.log"), command);
    }

    /** Where {@link Transfers} was loaded from. */
    private static String ownClasses() {
        return Path.of(Transfers.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath())
                .toString();
    }

    Round run(int threads, long millis) throws IOException {
        var fields = ask("round " + threads + " " + millis, "ROUND").split(" ", -1);
        return new Round(
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[4]) / 1e9,
                Long.parseLong(fields[5]) / 1e6,
                Long.parseLong(fields[6]) / 1e6);
    }

    /** What committed transfers have added to each account, the first account first. */
    int[] moved() throws IOException {
        return Arrays.stream(ask("moved", "MOVED").split(" ", -1))
                .skip(1)
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    private String ask(String question, String word) throws IOException {
        var asked = process.outputWriter(StandardCharsets.UTF_8);
        asked.write(question + "\n");
        asked.flush();
        return next(word);
    }

    private String next(String word) throws IOException {
        for (var line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith(word)) {
                return line;
            }
        }
        throw new IOException("the process that transfers ended; its log is " + log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
