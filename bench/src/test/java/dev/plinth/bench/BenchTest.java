package dev.plinth.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    @TempDir
    Path directory;

    @Test
    void a_directory_in_memory_is_refused() throws IOException {
        var memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory) && Files.getFileStore(memory).type().equals("tmpfs"));
        assertThatThrownBy(() -> Disk.fileSystem(memory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("tmpfs")
                .hasMessageContaining("--dir");
    }

    @Test
    void a_wrong_name_or_option_ends_with_status_2() throws InterruptedException {
        assertThat(Bench.run(List.of("nothing"))).isEqualTo(2);
        assertThat(Bench.run(List.of("journal", "--fast"))).isEqualTo(2);
        assertThat(Bench.run(List.of("journal", "--dir"))).isEqualTo(2);
        assertThat(Bench.run(List.of())).isZero();
    }

    @Test
    void sixty_four_writers_share_syncs_and_without_syncs_none_reaches_the_disk() throws Exception {
        try (var writers = new Writers(directory.resolve("synced"), true)) {
            var round = writers.run(Duration.ofMillis(300));
            assertThat(round.commands()).isGreaterThanOrEqualTo(Writers.COUNT);
            assertThat(round.syncs()).isBetween(1L, round.commands());
        }
        try (var writers = new Writers(directory.resolve("unsynced"), false)) {
            assertThat(writers.run(Duration.ofMillis(300)).commands()).isGreaterThanOrEqualTo(Writers.COUNT);
        }
    }
}
