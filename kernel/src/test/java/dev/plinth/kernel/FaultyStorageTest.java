package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FaultyStorageTest {
    private static final int TIMES = 5_000;

    private final FaultyStorage storage = new FaultyStorage();

    @Test
    void one_thread_writes_while_another_makes_and_deletes_files() throws IOException {
        var written = storage.create("written");
        var others = CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < TIMES; i++) {
                    storage.create("spare").close();
                    storage.rename("spare", "used");
                    storage.delete("used");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        for (int i = 0; i < TIMES; i++) {
            written.write(ByteBuffer.wrap(new byte[] {1}), i);
        }
        others.join();

        assertThat(storage.list()).containsExactly("written");
        assertThat(written.size()).isEqualTo(TIMES);
    }
}
