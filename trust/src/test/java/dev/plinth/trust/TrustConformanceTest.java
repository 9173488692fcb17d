package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/trust-conformance.md names for each check the test that proves it: here each such test must exist. */
class TrustConformanceTest {
    private static final List<String> ROOMS = List.of("trust", "server", "cli", "acceptance");
    private static final Pattern TEST = Pattern.compile("`(\\w+)#(\\w+)`");

    @Test
    void each_test_that_the_table_names_exists() throws IOException {
        var table = Files.readString(Path.of("../docs/trust-conformance.md"));
        var missing = TEST.matcher(table)
                .results()
                .filter(named -> !exists(named.group(1), named.group(2)))
                .map(java.util.regex.MatchResult::group)
                .toList();

        assertThat(TEST.matcher(table).results().count()).isGreaterThan(40);
        assertThat(missing).isEmpty();
    }

    /** A method of that name, or a case of that name in a table of cases. */
    private static boolean exists(String testClass, String name) {
        return ROOMS.stream().anyMatch(room -> {
            try (var files = Files.walk(Path.of("..", room, "src", "test", "java"))) {
                var file =
                        files.filter(one -> one.endsWith(testClass + ".java")).findFirst();
                if (file.isEmpty()) {
                    return false;
                }
                var source = Files.readString(file.get());
                return source.contains(" " + name + "(") || source.contains("\"" + name + "\"");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
