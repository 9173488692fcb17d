package dev.plinth.bank.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcknowledgedTest {
    @TempDir
    private Path directory;

    @Test
    void the_drivers_file_is_read_without_a_line_that_its_kill_cut_off() throws IOException {
        Path file = Files.writeString(directory.resolve("f"), "transfer a 12\nexternal b\ntransfer c 1");

        assertThat(Acknowledged.read(file))
                .containsExactly(new Acknowledged.Transfer("a", 12), new Acknowledged.External("b"));
    }

    @Test
    void a_line_that_is_none_is_named() throws IOException {
        Path file = Files.writeString(directory.resolve("f"), "transfer a 12\ntransfer b\n");

        assertThatThrownBy(() -> Acknowledged.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("line 2: 'transfer b'");
    }
}
