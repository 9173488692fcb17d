package dev.plinth.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code plinth drill}: what must work on the day it is needed, tried on a server of its own. */
@Command(
        name = "drill",
        description = "Tries something that must work on the day it is needed, on a server of its own.",
        mixinStandardHelpOptions = true,
        subcommands = DrillCommand.Attest.class)
final class DrillCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }

    /** {@code plinth drill attest}. */
    @Command(
            name = "attest",
            description = {
                "Starts a server and a simulated TPM (swtpm), enrols it, has it quote what was measured, and gets an identity and a",
                "secret for it; then changes one byte of what is measured, and is refused with the reason. Ends with PASS, or an exit",
                "status of 1."
            },
            mixinStandardHelpOptions = true)
    static final class Attest implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before call()
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            var folder = Files.createTempDirectory("plinth-drill");
            try {
                new AttestationDrill(folder, spec.commandLine().getOut()).run();
                return 0;
            } finally {
                deleteAll(folder);
            }
        }

        private static void deleteAll(Path folder) throws IOException {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
