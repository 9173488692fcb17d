package dev.plinth.bank.audit;

import dev.plinth.bank.process.Options;
import dev.plinth.bank.process.Termination;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bank auditor}: checks the bank again and again. */
@Command(
        name = "auditor",
        description = {
            "Checks, while transfers run, that money is neither made nor lost, and prints a line for each check.",
            "Ends with status 1 as soon as it is not so."
        },
        mixinStandardHelpOptions = true)
public final class AuditorCommand implements Callable<Integer> {

    @Mixin
    private DatabaseOptions databases = new DatabaseOptions();

    @Option(
            names = "--every",
            paramLabel = "DURATION",
            description = "Default: ${DEFAULT-VALUE}",
            defaultValue = "1s",
            converter = Options.DurationForm.class)
    private Duration every = Duration.ofSeconds(1);

    /** Made by picocli. */
    public AuditorCommand() {}

    @Override
    public Integer call() throws SQLException, InterruptedException {
        try (Termination termination = new Termination();
                Auditor auditor = new Auditor(databases.databases(), databases.patience(), InstantSource.system())) {
            boolean ready = false;
            do {
                try {
                    Verdict verdict = auditor.check();
                    System.out.println(verdict);
                    if (verdict instanceof Verdict.Broken) {
                        return 1;
                    }
                    if (!ready) {
                        ready = true;
                        System.out.println("READY auditor "
                                + String.join(" ", databases.databases().keySet()));
                    }
                } catch (SQLException e) {
                    System.out.println("AUDIT waits: " + e.getMessage());
                }
            } while (!termination.await(every));
        }
        return 0;
    }
}
