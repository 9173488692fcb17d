package dev.plinth.bench.programs;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This build's server as a command line. */
public final class PlinthServerProgram {
    private PlinthServerProgram() {}

    /**
     * A server with its data in {@code directory/data}, whose ports the system chooses; it says them on its output.
     *
     * @param flags for the JVM
     * @throws IOException if the server is not built
     */
    public static List<String> command(Path directory, List<String> flags) throws IOException {
        return command(
                flags,
                List.of(
                        "--data",
                        directory.resolve("data").toString(),
                        "--http",
                        "127.0.0.1:0",
                        "--seata",
                        "127.0.0.1:0"));
    }

    /**
     * A server with these arguments.
     *
     * @param flags for the JVM
     * @throws IOException if the server is not built
     */
    public static List<String> command(List<String> flags, List<String> arguments) throws IOException {
        var lib = Path.of(System.getProperty("plinth.home", "."), "cli", "target", "lib");
        if (!Files.isDirectory(lib)) {
            throw new IOException("the server is not built: there is no " + lib);
        }
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(flags);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                lib + File.separator + "*",
                "dev.plinth.cli.Plinth",
                "server"));
        command.addAll(arguments);
        return command;
    }

    /** The Java that runs this. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
