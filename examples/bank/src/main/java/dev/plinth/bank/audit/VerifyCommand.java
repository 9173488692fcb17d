package dev.plinth.bank.audit;

import dev.plinth.bank.process.Termination;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bank verify}: the check at the end, when no client is there any more. */
@Command(
        name = "verify",
        description = {
            "Waits until no transfer is under way, at most for the patience, and checks that the sum is exact, that nothing is",
            "held any more, and that each acknowledged write is there exactly once. Ends with status 1 if not."
        },
        mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final int FINDINGS_SHOWN_MAX = 20;

    @Mixin
    private DatabaseOptions databases = new DatabaseOptions();

    @Option(names = "--acknowledged", paramLabel = "FILE", description = "What the driver wrote.")
    private @Nullable Path acknowledged;

    /** Made by picocli. */
    public VerifyCommand() {}

    @Override
    public Integer call() throws SQLException, IOException, InterruptedException {
        List<Acknowledged> writes = acknowledged == null ? List.of() : Acknowledged.read(acknowledged);
        try (Termination termination = new Termination();
                Auditor auditor = new Auditor(databases.databases(), databases.patience(), InstantSource.system())) {
            long end = System.nanoTime() + databases.patience().toNanos();
            Verdict verdict = auditor.check();
            while (verdict instanceof Verdict.Exact exact && !exact.isQuiet() && System.nanoTime() < end) {
                if (termination.await(PAUSE)) {
                    return 1;
                }
                verdict = auditor.check();
            }
            System.out.println(verdict);
            List<String> findings = new ArrayList<>();
            if (verdict instanceof Verdict.Exact exact && !exact.isQuiet()) {
                findings.add("after " + databases.patience().toSeconds() + " s transfers are still under way");
            }
            findings.addAll(auditor.missing(writes));
            findings.stream().limit(FINDINGS_SHOWN_MAX).forEach(finding -> System.out.println("VERIFY " + finding));
            boolean whole = verdict instanceof Verdict.Exact && findings.isEmpty();
            System.out.println(
                    whole
                            ? "VERIFY whole: " + writes.size() + " acknowledged writes are there exactly once"
                            : "VERIFY BROKEN: " + findings.size() + " findings");
            return whole ? 0 : 1;
        }
    }
}
