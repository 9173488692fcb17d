package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real directory, and the whole of the journal on it with real threads. */
class DiskStorageTest {
    @TempDir
    Path directory;

    @Test
    void two_processes_cannot_share_a_directory() throws IOException {
        try (var _ = DiskStorage.open(directory)) {
            assertThatThrownBy(() -> DiskStorage.open(directory))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use")
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
        }
        DiskStorage.open(directory).close();
    }

    @Test
    void a_directory_that_is_a_file_is_refused() throws IOException {
        var file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> DiskStorage.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void a_store_may_be_closed_twice() throws IOException {
        try (var clock = new SystemClock();
                var storage = DiskStorage.open(directory)) {
            var store = SegmentStore.open(storage, SegmentOptions.defaults().withSegmentBytes(1 << 20), clock);
            store.log("a").append(1, List.of(ByteBuffer.wrap(new byte[] {1}))).join();
            store.close();
            store.close();
        }
    }

    @Test
    void files_are_made_read_renamed_and_deleted() throws IOException {
        try (var storage = DiskStorage.open(directory.resolve("a/b"))) {
            try (var file = storage.create("one")) {
                file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 2);
                file.sync();
                assertThat(file.size()).isEqualTo(5);
                var read = ByteBuffer.allocate(10);
                assertThat(file.read(read, 1)).isEqualTo(4);
                assertThat(read.array()).startsWith(0, 1, 2, 3);
                assertThat(file.read(ByteBuffer.allocate(1), 5)).isZero();
            }
            assertThatThrownBy(() -> storage.create("one"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("one");
            storage.rename("one", "two");
            storage.syncDirectory();
            assertThat(storage.list()).containsExactly("two");
            storage.delete("two");
            assertThat(storage.list()).isEmpty();
            assertThatThrownBy(() -> storage.open("two"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("two");
            assertThatThrownBy(() -> storage.open("../two")).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void an_interrupted_reader_reads_and_spoils_the_file_for_nobody() throws IOException {
        try (var storage = DiskStorage.open(directory);
                var file = storage.create("file")) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
            Thread.currentThread().interrupt();
            assertThat(file.read(ByteBuffer.allocate(3), 0)).isEqualTo(3);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(file.read(ByteBuffer.allocate(3), 0)).isEqualTo(3);
        }
    }

    @Test
    void a_partition_on_a_real_disk_with_its_own_threads_is_there_after_each_restart() throws Exception {
        var options = SegmentOptions.defaults().withSegmentBytes(64 << 10);
        try (var clock = new SystemClock()) {
            for (int round = 0; round < 3; round++) {
                try (var storage = DiskStorage.open(directory);
                        var snapshots = DiskStorage.open(directory.resolve("snapshots"));
                        var store = SegmentStore.open(storage, options, clock);
                        var journal = LocalJournal.open(
                                store,
                                "register",
                                Register.CODEC,
                                snapshots,
                                new JournalOptions(700, 1 << 20, round == 1),
                                clock);
                        var partition =
                                Partition.durable(new Register(), journal, Register.CODECS, Performer.none(), clock)) {
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
}
