package dev.plinth.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code plinth simulate}: lives lives of the engines and their journals, in a process of its own. */
@Command(
        name = "simulate",
        description = "Lives whole lives of the engines and their journals, with every fault, each from one seed.")
final class SimulateCommand implements Callable<Integer> {
    // Its own --help, too.
    @Unmatched
    private List<String> options = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        var home = System.getProperty("plinth.home", ".");
        var lib = Path.of(home, "simulator", "target", "lib");
        if (!Files.isDirectory(lib)) {
            throw new IOException("the simulator is not built: there is no " + lib);
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-Dplinth.home=" + home,
                "-cp",
                lib + File.separator + "*",
                "dev.plinth.simulator.Simulate"));
        command.addAll(options);
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
