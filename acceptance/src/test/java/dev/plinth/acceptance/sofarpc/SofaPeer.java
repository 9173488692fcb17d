package dev.plinth.acceptance.sofarpc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts programs of the original SOFARPC: in a process of their own, on their own class path. */
final class SofaPeer {
    private static final Path MODULE = Path.of("sofarpc-app");
    private static final String PACKAGE = "dev.plinth.acceptance.sofarpc.app.";

    private SofaPeer() {}

    /** How far a JVM lets the original's reflection reach. */
    enum Jvm {
        /** As it comes. */
        CLOSED,
        /** {@code java.lang} opened, as for Java 8's reflection: the original reads and writes exceptions in another way then. */
        OPEN
    }

    static Process start(String mainClass, String... arguments) throws IOException {
        return start(Jvm.CLOSED, mainClass, arguments);
    }

    static Process start(Jvm jvm, String mainClass, String... arguments) throws IOException {
        Path target = MODULE.resolve("target").toAbsolutePath();
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
        if (jvm == Jvm.OPEN) {
            command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
        }
        command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
        // It writes its own logs and traces under the user's home otherwise.
        command.add("-Duser.home=" + target.resolve("home"));
        command.add("-Dlogging.path=" + target.resolve("logs"));
        command.add("-cp");
        command.add(target.resolve("classes") + ":"
                + Files.readString(target.resolve("class-path.txt")).strip());
        command.add(PACKAGE + mainClass);
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
