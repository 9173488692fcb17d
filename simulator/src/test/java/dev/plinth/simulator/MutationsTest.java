package dev.plinth.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The proof that the simulator would notice: mistakes that are made on purpose. */
class MutationsTest {
    private static final Path HOME = Path.of("..");

    @TestFactory
    List<DynamicTest> a_mistake_made_on_purpose_is_noticed_by_a_seed_that_the_code_without_it_passes()
            throws IOException {
        return Mutation.all(HOME).stream()
                .map(mutation -> DynamicTest.dynamicTest(mutation.name(), () -> {
                    var said = new StringWriter();
                    boolean caught = new MutationRun(HOME, new PrintWriter(said)).one(mutation);
                    assertThat(caught).as(said.toString()).isTrue();
                }))
                .toList();
    }

    @Test
    void every_patch_applies() throws IOException {
        var mutations = Mutation.all(HOME);

        assertThat(mutations).hasSizeGreaterThanOrEqualTo(30);
        for (var mutation : mutations) {
            assertThat(mutation.mutated(HOME)).as(mutation.name()).isNotBlank();
        }
    }

    @Test
    void a_patch_whose_lines_are_not_there_any_more_says_so() {
        var mutation = new Mutation(
                "gone",
                "nothing",
                Scenario.ALL.getFirst(),
                1,
                "kernel/src/main/java/dev/plinth/kernel/Engine.java",
                List.of(new Mutation.Hunk("these lines are not there\n", "nor these\n")));

        assertThatThrownBy(() -> mutation.mutated(HOME))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "mutation gone does not apply to kernel/src/main/java/dev/plinth/kernel/Engine.java");
    }

    @Test
    void the_documents_list_every_mutation_with_its_seed() throws IOException {
        var document = Files.readString(HOME.resolve("docs/simulation.md"));

        for (var mutation : Mutation.all(HOME)) {
            assertThat(document)
                    .contains("| `" + mutation.name() + "` | " + mutation.what() + " | `--engine "
                            + mutation.caughtBy().engine() + " --journal "
                            + mutation.caughtBy().journal() + " --seed " + mutation.seed() + "` |");
        }
    }
}
