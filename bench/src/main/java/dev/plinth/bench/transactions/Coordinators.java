package dev.plinth.bench.transactions;

import dev.plinth.bench.programs.FreePorts;
import dev.plinth.bench.programs.Peer;
import dev.plinth.bench.programs.PlinthServerProgram;
import dev.plinth.bench.programs.ServerUnderTest;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Starts the two servers, each in a process of its own, with the same heap on the same processor. */
final class Coordinators {
    private static final Duration START_MAX = Duration.ofMinutes(2);
    private static final Pattern SEATA_PORT = Pattern.compile("Seata's clients +127\\.0\\.0\\.1:(\\d+)");

    private Coordinators() {}

    /** This build's server on the first processor; each step on disk, with fdatasync. */
    static ServerUnderTest plinth(Path directory, int heapMb) throws IOException {
        return plinth(directory, heapMb, ServerUnderTest.onItsProcessor());
    }

    /** The same on any processor: with more than one, Java has the garbage collector that servers usually have. */
    static ServerUnderTest plinthAnywhere(Path directory, int heapMb) throws IOException {
        return plinth(directory, heapMb, List.of());
    }

    private static ServerUnderTest plinth(Path directory, int heapMb, List<String> where) throws IOException {
        var command = new ArrayList<>(where);
        command.addAll(PlinthServerProgram.command(directory, List.of("-Xmx" + heapMb + "m", "-Xms" + heapMb + "m")));
        var process = new ProcessBuilder(command)
                .redirectError(directory.resolve("plinth.log").toFile())
                .start();
        var said = process.inputReader(StandardCharsets.UTF_8);
        int port = 0;
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            var found = SEATA_PORT.matcher(line);
            if (found.find()) {
                port = Integer.parseInt(found.group(1));
            }
            if (line.startsWith("READY")) {
                return new ServerUnderTest("Plinth", process, port);
            }
        }
        throw new IOException("the server ended before it was ready; its log is " + directory.resolve("plinth.log"));
    }

    /** Seata's own, the newest that was released, in file mode with its defaults: it does not wait for the disk. */
    static ServerUnderTest seata(Path directory, int heapMb) throws IOException, InterruptedException {
        return seata(directory, heapMb, ServerUnderTest.onItsProcessor());
    }

    /** The same on any processor. */
    static ServerUnderTest seataAnywhere(Path directory, int heapMb) throws IOException, InterruptedException {
        return seata(directory, heapMb, List.of());
    }

    private static ServerUnderTest seata(Path directory, int heapMb, List<String> where)
            throws IOException, InterruptedException {
        var lib = Peer.SEATA_SERVER.programs();
        var ports = FreePorts.find(2);
        int port = ports.getFirst();
        Files.writeString(directory.resolve("application.yml"), seataConfiguration(ports.getLast(), directory, port));
        var command = new ArrayList<>(where);
        command.addAll(List.of(
                PlinthServerProgram.java(),
                "-Xmx" + heapMb + "m",
                "-Xms" + heapMb + "m",
                "-Duser.home=" + directory,
                "-Dspring.config.location=file:" + directory.resolve("application.yml"),
                "-cp",
                lib + File.separator + "*",
                "io.seata.server.ServerApplication"));
        var log = directory.resolve("seata.log").toFile();
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (process.isAlive() && System.nanoTime() < deadline) {
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return new ServerUnderTest("Seata 2.0.0", process, port);
            } catch (IOException e) {
                Thread.sleep(200);
            }
        }
        process.destroyForcibly();
        throw new IOException("Seata's server does not start; its log is " + log);
    }

    /** What starting it takes; see its documentation on file mode. */
    private static String seataConfiguration(int consolePort, Path directory, int port) {
        return """
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
            """.formatted(consolePort, directory.resolve("logs"), directory.resolve("sessions"), port);
    }
}
