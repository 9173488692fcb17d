package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalJournalTest {
    private static final SegmentOptions SMALL = SegmentOptions.defaults().withSegmentBytes(64 << 10);

    @TempDir
    Path directory;

    @Test
    void whatWasAcknowledgedIsThereAfterARestart() throws Exception {
        try (var clock = new SystemClock()) {
            for (int round = 0; round < 3; round++) {
                try (var storage = DiskStorage.open(directory);
                        var snapshots = DiskStorage.open(directory.resolve("snapshots"));
                        var store = SegmentStore.open(storage, SMALL, clock);
                        var journal = LocalJournal.open(
                                store,
                                "register",
                                Register.CODEC,
                                snapshots,
                                new JournalOptions(700, 1 << 20, round == 1),
                                clock);
                        var partition = Partition.durable(
                                new Register(), journal, Register.CODECS, Register.NO_EFFECTS, clock)) {
                    assertThat(partition.read(Register::total).join()).isEqualTo(round * 1_000L);
                    List<CompletableFuture<Long>> added = new ArrayList<>();
                    for (int i = 0; i < 1_000; i++) {
                        added.add(partition.submit(1L));
                    }
                    assertThat(added.getLast().join()).isEqualTo((round + 1) * 1_000L);
                }
            }
        }
    }

    @Test
    void twoProcessesCannotShareADirectory() throws IOException {
        try (var _ = DiskStorage.open(directory)) {
            assertThatThrownBy(() -> DiskStorage.open(directory))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
        }
        DiskStorage.open(directory).close();
    }
}
