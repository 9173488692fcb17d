package dev.plinth.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.SystemClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the texts of a namespace say, on a real journal. */
@Timeout(60)
class StoredTextsTest {
    private static final Author ANN = new Author("ann", "");

    @TempDir
    private Path folder;

    private final SystemClock clock = new SystemClock();
    private final ExecutorService workers = Executors.newSingleThreadExecutor();
    private final AtomicInteger changes = new AtomicInteger();
    private DiskStorage segments;
    private DiskStorage snapshots;
    private SegmentStore store;
    private Configs configs;

    @BeforeEach
    void open() throws IOException {
        segments = DiskStorage.open(folder.resolve("journal"));
        snapshots = DiskStorage.open(folder.resolve("snapshots"));
        store = SegmentStore.open(segments, SegmentOptions.defaults(), clock);
        configs = Configs.open(
                LocalJournal.open(store, "config", Configs.commandCodec(), snapshots, JournalOptions.defaults(), clock),
                clock);
    }

    @AfterEach
    void close() throws IOException {
        configs.close();
        store.close();
        snapshots.close();
        segments.close();
        workers.shutdownNow();
        clock.close();
    }

    @Test
    void what_was_stored_before_and_what_is_stored_later_is_known_and_what_is_removed_no_more() {
        publish("numbers", "one", "1");
        try (var numbers = follow()) {
            await().untilAsserted(() -> assertThat(numbers.all()).containsExactly(1));

            publish("numbers", "two", "2");
            await().untilAsserted(() ->
                    assertThat(numbers.find(key("numbers", "two"))).contains(2));

            configs.submit(new ConfigCommand.Remove(key("numbers", "one"), ANN)).join();
            await().untilAsserted(() -> assertThat(numbers.all()).containsExactly(2));
            assertThat(changes).hasValueGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void a_text_that_says_nothing_is_passed_over_and_another_namespace_is_none_of_its_business() {
        try (var numbers = follow()) {
            publish("numbers", "odd", "no number");
            publish("others", "three", "3");
            publish("numbers", "four", "4");

            await().untilAsserted(() -> assertThat(numbers.all()).containsExactly(4));
            assertThat(numbers.find(key("others", "three"))).isEmpty();
        }
    }

    private StoredTexts<Integer> follow() {
        var numbers = new StoredTexts<>("numbers", StoredTextsTest::read, workers, changes::incrementAndGet);
        numbers.follow(configs);
        return numbers;
    }

    private static Optional<Integer> read(String key, Config config) {
        return config.current()
                .map(ConfigText::content)
                .filter(text -> text.matches("[0-9]"))
                .map(Integer::valueOf);
    }

    private void publish(String namespace, String name, String content) {
        configs.submit(new ConfigCommand.Publish(
                        key(namespace, name), ConfigText.of(content, "text", ""), Optional.empty(), ANN))
                .join();
    }

    private static ConfigKey key(String namespace, String name) {
        return new ConfigKey(namespace, "g", name);
    }
}
