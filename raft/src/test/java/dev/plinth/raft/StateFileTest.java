package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.Revision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
    private static final StateFile.Head HEAD = new StateFile.Head(
            new Revision(7, 42), Instant.ofEpochSecond(1_000, 5), new Checkpoints.Since(3, 4), Optional.empty());

    @TempDir
    private Path folder;

    private Path file(String state) throws IOException {
        var file = folder.resolve(StateFile.NAME);
        StateFile.write(file, HEAD, out -> out.write(state.getBytes(StandardCharsets.UTF_8)));
        return file;
    }

    @Test
    void an_engine_that_reads_to_the_end_reads_its_state_and_nothing_else() throws IOException {
        for (String state : List.of("", "x", "the state of an engine ".repeat(10_000))) {
            List<String> read = new ArrayList<>();
            StateFile.read(file(state), (head, in) -> {
                assertThat(head).isEqualTo(HEAD);
                read.add(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                assertThat(in.read()).isEqualTo(-1);
            });
            assertThat(read).containsExactly(state);
        }
    }

    @Test
    void a_file_with_any_byte_changed_or_cut_off_is_refused_before_anyone_reads_it() throws IOException {
        var file = file("state");
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            Files.write(file, changed);
            assertThatThrownBy(() -> StateFile.read(file, (_, _) -> {
                        throw new AssertionError("it was read");
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(file.toString());
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> StateFile.read(file, (_, _) -> {
                        throw new AssertionError("it was read");
                    }))
                    .isInstanceOf(IOException.class);
        }
    }
}
