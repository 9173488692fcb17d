package dev.plinth.acceptance.seata;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts programs of the original Seata client: in a process of their own, on their own class path. */
final class SeataPeer {
    private static final Path MODULE = Path.of("seata-app");
    private static final String PACKAGE = "dev.plinth.acceptance.seata.app.";

    private SeataPeer() {}

    /** @param options of its JVM */
    static ProcessBuilder program(String mainClass, List<String> options, List<String> arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        // The client's Byte Buddy is older than this Java.
        command.add("-Dnet.bytebuddy.experimental=true");
        command.addAll(options);
        command.add("-cp");
        command.add(MODULE.resolve("target/classes").toAbsolutePath() + ":"
                + Files.readString(MODULE.resolve("target/class-path.txt")).strip());
        command.add(PACKAGE + mainClass);
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }
}
