package dev.plinth.acceptance.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The compatibility tables in docs name for each row the test that proves it: here each such test must exist and be one that runs. */
class CompatibilityTableTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern TEST = Pattern.compile("`([a-z][\\w.]*\\.[A-Z]\\w*)#(\\w+)`");

    private record Proof(String test, String method) {}

    private static final List<String> TABLES =
            List.of("compatibility.md", "registry-compatibility.md", "seata-compatibility.md");

    private static List<Proof> proofs() throws IOException {
        var text = new StringBuilder();
        for (var table : TABLES) {
            text.append(Files.readString(DOCS.resolve(table)));
        }
        return TEST.matcher(text)
                .results()
                .map(match -> new Proof(match.group(1), match.group(2)))
                .toList();
    }

    @Test
    void every_row_of_the_tables_names_a_test() throws IOException {
        for (var table : TABLES) {
            try (Stream<String> lines = Files.lines(DOCS.resolve(table))) {
                var rows = lines.filter(line -> line.startsWith("| ") && !line.startsWith("| What"))
                        .toList();
                assertThat(rows)
                        .as(table)
                        .isNotEmpty()
                        .allMatch(row -> TEST.matcher(row).find());
            }
        }
    }

    @TestFactory
    List<DynamicTest> the_test_that_a_row_names_exists_and_runs() throws IOException {
        return proofs().stream()
                .distinct()
                .map(proof -> DynamicTest.dynamicTest(proof.test() + "#" + proof.method(), () -> {
                    if (!proof.test().startsWith("dev.plinth.acceptance.")) {
                        assertThat(source(proof))
                                .containsPattern("@(Test|ParameterizedTest|Property|Example)\\b")
                                .containsPattern("\\b" + proof.method() + "\\(")
                                .doesNotContain("@Disabled");
                        return;
                    }
                    var test = Class.forName(proof.test(), false, getClass().getClassLoader());
                    var methods = Arrays.stream(test.getDeclaredMethods())
                            .filter(method -> method.getName().equals(proof.method()))
                            .toList();
                    assertThat(methods).hasSize(1);
                    assertThat(test.isAnnotationPresent(Disabled.class)).isFalse();
                    assertThat(methods.getFirst().isAnnotationPresent(Disabled.class))
                            .isFalse();
                    assertThat(methods.getFirst().getAnnotations())
                            .anyMatch(annotation -> annotation
                                    .annotationType()
                                    .getName()
                                    .matches(
                                            "org\\.junit\\.jupiter\\.(api\\.(Test|TestFactory|RepeatedTest)|params\\.ParameterizedTest)"
                                                    + "|net\\.jqwik\\.api\\.(Property|Example)"));
                }))
                .toList();
    }

    /** A test of a feature's own module is not on this class path: its source must be there, and its module runs it. */
    private static String source(Proof proof) throws IOException {
        var file = Path.of("src", "test", "java").resolve(proof.test().replace('.', '/') + ".java");
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            var source = modules.map(module -> module.resolve(file))
                    .filter(Files::exists)
                    .findFirst();
            assertThat(source).as("%s in a module's src/test/java", file).isPresent();
            return Files.readString(source.get());
        }
    }
}
