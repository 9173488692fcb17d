package dev.plinth.bench;

import dev.plinth.config.Author;
import dev.plinth.config.ConfigCommand;
import dev.plinth.config.ConfigKey;
import dev.plinth.config.ConfigText;
import dev.plinth.config.Configs;
import dev.plinth.kernel.DiskStorage;
import dev.plinth.kernel.JournalOptions;
import dev.plinth.kernel.LocalJournal;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.SegmentOptions;
import dev.plinth.kernel.SegmentStore;
import dev.plinth.kernel.Storage;
import dev.plinth.kernel.SystemClock;
import dev.plinth.wire.config.v1.PublishRequest;
import dev.plinth.wire.config.v1.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** One node with the configuration's engine behind its journal: 10,000 texts, of which writers publish the next versions. */
final class Texts implements AutoCloseable {
    static final int COUNT = 10_000;

    private static final Author AUTHOR = new Author("", "");
    private static final int NUMBER_DIGITS = 10;

    private static final String[] NAMES = IntStream.range(0, COUNT)
            .mapToObj(number -> String.format(Locale.ROOT, "t%05d", number))
            .toArray(String[]::new);

    /** What a text has beside its number, so that the command has 128 bytes. */
    private static final String FILL;

    static {
        int others = Configs.commandCodec().encode(publish(0, "")).length;
        // A string of more than 127 bytes would take one byte more for its length; this one has fewer.
        FILL = "x".repeat(Clients.COMMAND_BYTES - others);
        int bytes = Configs.commandCodec().encode(publish(0, FILL)).length;
        if (bytes != Clients.COMMAND_BYTES) {
            throw new IllegalStateException("a command has " + bytes + " bytes, not " + Clients.COMMAND_BYTES);
        }
    }

    private final SystemClock clock = new SystemClock();
    private final DiskStorage disk;
    private final DiskStorage snapshots;
    private final SegmentStore store;
    private final Configs configs;
    private final AtomicLong numbers = new AtomicLong();

    /** @param options when there are snapshots */
    Texts(Path directory, boolean synced, JournalOptions options) throws IOException {
        disk = synced ? DiskStorage.openDirect(directory) : DiskStorage.open(directory);
        snapshots = DiskStorage.open(directory.resolve("snapshots"));
        Storage storage = synced ? disk : new UnsyncedStorage(disk);
        store = SegmentStore.open(storage, SegmentOptions.defaults(), clock);
        configs = Configs.open(
                LocalJournal.open(store, "texts", Configs.commandCodec(), snapshots, options, clock), clock);
    }

    /** Has so many commands published, by more clients than a round has. */
    void fill(int commands) throws InterruptedException {
        var left = new AtomicLong(commands);
        Clients.run(List.of(this::publish), Writers.FILLERS, Duration.ofHours(1), () -> left.getAndDecrement() > 0);
    }

    /** The command is made anew each time, as a door does. */
    private void publish(ByteBuffer unused, Clients.Client client) {
        var _ = configs.submit(publish(numbers.incrementAndGet(), FILL)).whenComplete((_, problem) -> {
            if (problem == null) {
                client.answer();
            } else {
                client.refused(refusal(problem));
            }
        });
    }

    Writers.Round run(Duration time) throws InterruptedException {
        long syncsBefore = store.syncs();
        var round = Clients.run(List.of(this::publish), Writers.COUNT, time);
        return new Writers.Round(round.commands(), store.syncs() - syncsBefore, round.seconds());
    }

    private static Refused refusal(Throwable problem) {
        var cause = problem instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : problem;
        return cause instanceof Refused refused
                ? refused
                : new Refused(Refused.Code.UNKNOWN, "the engine failed: " + cause, cause);
    }

    /** The next version of one of the texts: a new one each time, for what holds already changes nothing. */
    private static ConfigCommand publish(long number, String fill) {
        return new ConfigCommand.Publish(
                key(number), ConfigText.of(content(number, fill), "", ""), Optional.empty(), AUTHOR);
    }

    static ConfigKey key(long number) {
        return new ConfigKey("bench", "g", NAMES[(int) (number % COUNT)]);
    }

    static String content(long number, String fill) {
        var digits = Long.toString(number);
        return "0".repeat(NUMBER_DIGITS - digits.length()) + digits + fill;
    }

    /** The same publication as a client asks for it. */
    static PublishRequest request(long number) {
        var key = key(number);
        return PublishRequest.newBuilder()
                .setKey(dev.plinth.wire.config.v1.ConfigKey.newBuilder()
                        .setNamespace(key.namespace())
                        .setGroup(key.group())
                        .setDataId(key.dataId()))
                .setText(Text.newBuilder().setContent(content(number)))
                .build();
    }

    /** The content that makes the command in the journal have 128 bytes. */
    static String content(long number) {
        return content(number, FILL);
    }

    @Override
    public void close() throws IOException {
        configs.close();
        store.close();
        clock.close();
        snapshots.close();
        disk.close();
    }
}
