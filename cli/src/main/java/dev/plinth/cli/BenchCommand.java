package dev.plinth.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/** {@code plinth bench}: measures what is promised, in a process of its own. */
@Command(
        name = "bench",
        description = "Measures a promise beside its baseline or peer, and says PASS or MISS.",
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "What to measure; without it, the list of what there is.")
    private String name = "";

    @Unmatched
    private List<String> options = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        var lib = Path.of(System.getProperty("plinth.home", "."), "bench", "target", "lib");
        if (!Files.isDirectory(lib)) {
            throw new IOException("the bench is not built: there is no " + lib);
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx2g",
                "-Dplinth.home=" + System.getProperty("plinth.home", "."),
                "-cp",
                lib + File.separator + "*",
                "dev.plinth.bench.Bench"));
        if (!name.isEmpty()) {
            command.add(name);
        }
        command.addAll(options);
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
