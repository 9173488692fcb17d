package dev.plinth.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The simulator lives in packages of the modules that it drives, so it could have a class of the same name as one of theirs. */
class ClassesOnceTest {
    @Test
    void noClassOfTheSimulatorHasTheNameOfAnothersClass() throws IOException {
        var own = Path.of("target", "classes");
        List<String> names;
        try (var files = Files.walk(own)) {
            names = files.filter(file -> file.toString().endsWith(".class"))
                    .map(file -> own.relativize(file).toString())
                    .toList();
        }

        assertThat(names)
                .hasSizeGreaterThan(20)
                .allSatisfy(name -> assertThat(
                                Collections.list(getClass().getClassLoader().getResources(name)))
                        .hasSize(1));
    }
}
