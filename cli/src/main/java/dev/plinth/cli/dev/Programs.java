package dev.plinth.cli.dev;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How our programs are started on this machine.
 *
 * @param java the JVM that runs this one
 * @param home the folder with the built modules
 */
record Programs(Path java, Path home) {
    /** Small and quick to start: nine processes share a laptop. */
    private static final List<String> FLAGS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:+ExitOnOutOfMemoryError");

    static Programs here() throws IOException {
        var programs = new Programs(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                Path.of(System.getProperty("plinth.home", ".")).toAbsolutePath().normalize());
        for (Path lib : List.of(programs.cliLib(), programs.bankLib())) {
            if (!Files.isDirectory(lib)) {
                throw new IOException("not built: there is no " + lib + "; run ./plinth from the project's folder");
            }
        }
        return programs;
    }

    List<String> plinth(String... arguments) {
        return command("-Xmx512m", cliLib(), "dev.plinth.cli.Plinth", arguments);
    }

    List<String> bank(String... arguments) {
        return command("-Xmx128m", bankLib(), "dev.plinth.bank.Bank", arguments);
    }

    private Path cliLib() {
        return home.resolve(Path.of("cli", "target", "lib"));
    }

    private Path bankLib() {
        return home.resolve(Path.of("examples", "bank", "target", "lib"));
    }

    private List<String> command(String heap, Path lib, String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        command.add(heap);
        command.addAll(FLAGS);
        command.addAll(List.of("-Dplinth.home=" + home, "-cp", lib + File.separator + "*", main));
        command.addAll(List.of(arguments));
        return command;
    }
}
