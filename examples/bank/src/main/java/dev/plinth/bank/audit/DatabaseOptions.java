package dev.plinth.bank.audit;

import dev.plinth.bank.process.Options;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** What the auditing commands have in common. */
final class DatabaseOptions {

    @Option(
            names = "--database",
            required = true,
            paramLabel = "CELL=HOST:PORT",
            description = "Each cell's PostgreSQL.",
            converter = {StringForm.class, Options.DatabaseForm.class})
    private Map<String, String> databases = new LinkedHashMap<>();

    @Option(
            names = "--patience",
            paramLabel = "DURATION",
            description = {
                "How long a transfer may have ended on one side only, while its coordinator is away, say.",
                "Default: ${DEFAULT-VALUE}"
            },
            defaultValue = "60s",
            converter = Options.DurationForm.class)
    private Duration patience = Duration.ofSeconds(60);

    Map<String, String> databases() {
        return databases;
    }

    Duration patience() {
        return patience;
    }

    /** picocli wants a converter for the keys too if there is one for the values. */
    static final class StringForm implements picocli.CommandLine.ITypeConverter<String> {
        @Override
        public String convert(String text) {
            return text;
        }
    }
}
