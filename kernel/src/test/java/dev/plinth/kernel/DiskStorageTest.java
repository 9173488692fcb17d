package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
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
    void what_is_appended_past_the_page_cache_is_what_is_read() throws IOException {
        var random = new Random(1);
        var expected = new byte[5 << 20];
        try (var storage = DiskStorage.openDirect(directory)) {
            storage.create("file").close();
            int end = 0;
            while (end < 4 << 20) {
                try (var file = storage.open("file")) {
                    for (int i = 0; i < 20 && end < 4 << 20; i++) {
                        // Also in many blocks, in several pieces, and once more from somewhere before the end.
                        var bytes = new byte[random.nextInt(i == 7 ? 1_300_000 : 9_000) + 1];
                        random.nextBytes(bytes);
                        int at = i % 5 == 4 ? end - random.nextInt(Math.min(end, 5_000)) : end;
                        file.write(ByteBuffer.wrap(bytes), at);
                        System.arraycopy(bytes, 0, expected, at, bytes.length);
                        end = at + bytes.length;
                        file.sync();
                        var from = random.nextInt(end);
                        var read = ByteBuffer.allocate(Math.min(end - from, 10_000));
                        assertThat(file.read(read, from)).isEqualTo(read.capacity());
                        assertThat(read.array()).isEqualTo(Arrays.copyOfRange(expected, from, from + read.capacity()));
                    }
                }
            }
            assertThat(Arrays.copyOf(Files.readAllBytes(directory.resolve("file")), end))
                    .isEqualTo(Arrays.copyOf(expected, end));
        }
    }

    @Test
    void a_partition_on_a_real_disk_with_its_own_threads_is_there_after_each_restart() throws Exception {
        var options = SegmentOptions.defaults().withSegmentBytes(64 << 10);
        try (var clock = new SystemClock()) {
            for (int round = 0; round < 3; round++) {
                try (var storage = DiskStorage.openDirect(directory);
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

    @Test
    void large_writes_past_the_cache_leave_what_was_asked_for_and_no_memory_behind() throws IOException {
        try (var storage = DiskStorage.openDirect(directory.resolve("direct"));
                var file = storage.create("large")) {
            byte[] piece = new byte[(1 << 20) + 12_345];
            new Random(7).nextBytes(piece);
            file.write(ByteBuffer.wrap(piece), 0);
            long before = directBytes();
            for (int i = 1; i < 20; i++) {
                file.write(ByteBuffer.wrap(piece), (long) i * piece.length);
            }
            assertThat(directBytes() - before).isLessThanOrEqualTo(piece.length);
            for (int i = 0; i < 20; i++) {
                var read = ByteBuffer.allocate(piece.length);
                file.read(read, (long) i * piece.length);
                assertThat(read.array()).isEqualTo(piece);
            }
        }
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
