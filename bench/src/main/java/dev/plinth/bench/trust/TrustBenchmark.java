package dev.plinth.bench.trust;

import dev.plinth.bench.figures.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The verifiers by themselves, then a server that gives identities. */
public final class TrustBenchmark {
    private TrustBenchmark() {}

    /** Measures both, and says what is promised and what was found. */
    public static List<Promise> run(Path directory, String fileSystem, boolean quick)
            throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "trust: in %s on %s; %d processors, JDK %s%n",
                directory,
                fileSystem,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        List<Promise> promises = new ArrayList<>();
        try {
            promises.addAll(AppraisalBenchmark.run(quick));
        } catch (GeneralSecurityException e) {
            throw new IOException("quotes cannot be made: " + e.getMessage(), e);
        }
        promises.addAll(IdentityBenchmark.run(directory, quick));
        return promises;
    }
}
