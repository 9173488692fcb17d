package dev.plinth.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The store on a disk that loses, tears, fills up and fails. */
class SegmentStoreTest {
    private static final String FIRST = Segment.name(1);
    private static final SegmentOptions SMALL = SegmentOptions.defaults().withSegmentBytes(64 << 10);

    private final SimulatedClock clock = new SimulatedClock();
    private final SimulatedThreads threads = new SimulatedThreads(new Random(1));
    private final List<String> reports = new ArrayList<>();
    private FaultyStorage storage = new FaultyStorage();

    private SegmentStore open() throws IOException {
        return open(SMALL);
    }

    private SegmentStore open(SegmentOptions options) throws IOException {
        var store = SegmentStore.open(storage, options, clock, threads.serial(), threads.serial(), reports::add);
        threads.settle();
        return store;
    }

    private void append(SegmentLog log, String... entries) {
        assertThat(appended(log, entries)).isCompleted();
    }

    private CompletableFuture<Void> appended(SegmentLog log, String... entries) {
        var future = log.append(
                log.lastIndex() + 1,
                List.of(entries).stream()
                        .map(entry -> ByteBuffer.wrap(entry.getBytes(UTF_8)))
                        .toList());
        threads.settle();
        return future;
    }

    /** The entries, one by one and in one go. */
    private static List<String> entries(SegmentLog log) throws IOException {
        List<String> found = new ArrayList<>();
        for (long index = log.firstIndex(); index <= log.lastIndex(); index++) {
            found.add(UTF_8.decode(log.read(index).orElseThrow()).toString());
        }
        List<String> scanned = new ArrayList<>();
        log.scan(log.firstIndex(), (index, bytes) -> {
            assertThat(index).isEqualTo(log.firstIndex() + scanned.size());
            scanned.add(UTF_8.decode(bytes).toString());
        });
        assertThat(scanned).isEqualTo(found);
        return found;
    }

    private static Refused.Code refusal(CompletableFuture<?> future) {
        return ((Refused) future.exceptionNow()).code();
    }

    @Test
    void entries_are_read_back_after_a_restart() throws IOException {
        append(open().log("a"), "one", "two", "three");
        storage.kill();

        var log = open().log("a");
        assertThat(entries(log)).containsExactly("one", "two", "three");
        append(log, "four");
        assertThat(entries(log)).containsExactly("one", "two", "three", "four");
    }

    @Test
    void logs_keep_their_name_and_incarnation_for_life() throws IOException {
        var store = open();
        append(store.log("a"), "x");
        long incarnation = store.log("a").incarnation();
        clock.advance(Duration.ofHours(1));
        storage.powerLoss(new Random(1));

        assertThat(open().log("a").incarnation()).isEqualTo(incarnation);
    }

    @Test
    void what_waits_in_all_logs_shares_one_sync() throws IOException {
        var store = open();
        List<SegmentLog> logs = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            logs.add(store.log("log" + i));
        }
        long before = storage.syncs();

        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        for (int round = 1; round <= 20; round++) {
            for (var log : logs) {
                waiting.add(log.append(round, List.of(ByteBuffer.wrap(new byte[100]))));
            }
        }
        threads.settle();

        assertThat(waiting).allMatch(CompletableFuture::isDone);
        assertThat(storage.syncs() - before).isEqualTo(1);
    }

    @Test
    void nothing_is_acknowledged_or_read_before_its_sync() throws IOException {
        var log = open().log("a");
        var future = log.append(1, List.of(ByteBuffer.wrap(new byte[10])));

        assertThat(future).isNotDone();
        assertThat(log.lastIndex()).isZero();
        threads.settle();
        assertThat(future).isCompleted();
        assertThat(log.lastIndex()).isEqualTo(1);
    }

    @Test
    void an_append_that_is_not_the_next_is_refused_and_changes_nothing() throws IOException {
        var log = open().log("a");
        append(log, "one");
        var future = log.append(3, List.of(ByteBuffer.wrap(new byte[10])));
        threads.settle();

        assertThat(future.exceptionNow())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("entry 3 of log a")
                .hasMessageContaining("next is 2");
        append(log, "two");
        assertThat(entries(log)).containsExactly("one", "two");
    }

    @Test
    void a_log_forgets_its_prefix_its_suffix_or_everything() throws IOException {
        var store = open();
        var prefix = store.log("prefix");
        var suffix = store.log("suffix");
        var all = store.log("all");
        for (var log : List.of(prefix, suffix, all)) {
            append(log, "1", "2", "3", "4", "5");
        }
        prefix.truncatePrefix(4);
        suffix.truncateSuffix(2);
        all.reset(100);
        threads.settle();
        append(suffix, "3'");
        append(all, "100");

        for (int restarts = 0; restarts < 2; restarts++) {
            assertThat(store.log("prefix").firstIndex()).isEqualTo(4);
            assertThat(entries(store.log("prefix"))).containsExactly("4", "5");
            assertThat(entries(store.log("suffix"))).containsExactly("1", "2", "3'");
            assertThat(store.log("all").firstIndex()).isEqualTo(100);
            assertThat(entries(store.log("all"))).containsExactly("100");
            assertThat(store.log("prefix").read(3)).isEmpty();
            storage.powerLoss(new Random(restarts));
            store = open();
        }
    }

    @Test
    void truncating_past_the_end_leaves_an_empty_log_that_goes_on_there() throws IOException {
        var log = open().log("a");
        append(log, "1", "2");
        log.truncatePrefix(10);
        threads.settle();

        assertThat(log.firstIndex()).isEqualTo(10);
        assertThat(log.lastIndex()).isEqualTo(9);
        append(log, "10");
        storage.kill();
        assertThat(entries(open().log("a"))).containsExactly("10");
    }

    @Test
    void at_every_cut_of_the_tail_what_comes_before_it_is_there() throws IOException {
        var log = open().log("a");
        append(log, "first");
        for (int i = 0; i < 6; i++) {
            append(log, "entry " + i + "x".repeat(i * 7));
        }
        var all = entries(log);
        storage.kill();
        byte[] whole = storage.bytes(FIRST);
        int end = whole.length;
        while (whole[end - 1] == 0) {
            end--;
        }
        var original = storage;
        int shortest = all.size();
        for (int cut = end; cut > SegmentFormat.HEADER_BYTES + SegmentFormat.size(4); cut--) {
            storage = original.copy();
            storage.cut(FIRST, cut);
            var cutLog = open().log("a");
            var left = entries(cutLog);
            assertThat(left).isEqualTo(all.subList(0, left.size()));
            assertThat(left.size()).isBetween(shortest - 1, shortest);
            shortest = left.size();
            append(cutLog, "new");
            storage.kill();
            assertThat(entries(open().log("a"))).hasSize(left.size() + 1).endsWith("new");
        }
        assertThat(shortest).isZero();
    }

    @Test
    void a_batch_that_lost_its_first_sector_and_kept_a_later_one_is_wiped_for_good() throws IOException {
        var log = open().log("a");
        append(log, "acknowledged");
        byte[] before = storage.bytes(FIRST);
        var batch = new String[100];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = "lost " + i;
        }
        append(log, batch);
        storage.kill();
        int start = sizeOfRecords(before);
        for (int at = start; at < start + 40; at++) {
            if (storage.bytes(FIRST)[at] != 0) {
                storage.flipBit(FIRST, at, 3);
            }
        }

        assertThat(entries(open().log("a"))).containsExactly("acknowledged");
        assertThat(reports).anyMatch(report -> report.contains(FIRST) && report.contains("never acknowledged"));
        // Byte for byte what it was: no later record can ever find the torn ones behind it.
        assertThat(storage.bytes(FIRST)).isEqualTo(before);
    }

    private static int sizeOfRecords(byte[] segment) {
        int end = segment.length;
        while (segment[end - 1] == 0) {
            end--;
        }
        return (end + 7) & -8;
    }

    @Test
    void a_flipped_bit_in_what_was_acknowledged_is_refused_with_file_and_offset_and_changes_nothing()
            throws IOException {
        var log = open().log("a");
        append(log, "one", "two");
        int acknowledged = sizeOfRecords(storage.bytes(FIRST));
        append(log, "three");
        storage.kill();
        var original = storage;
        for (int at = 0; at < acknowledged; at++) {
            storage = original.copy();
            storage.flipBit(FIRST, at, at % 8);
            byte[] damaged = storage.bytes(FIRST);

            assertThatThrownBy(this::open)
                    .as("a flip at %s", at)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(FIRST)
                    .hasMessageMatching("(?s).*offset \\d+.*")
                    .hasMessageContaining("nothing was changed");
            assertThat(storage.bytes(FIRST)).isEqualTo(damaged);
        }
    }

    @Test
    void after_a_proper_close_even_the_last_record_is_vouched_for() throws IOException {
        var store = open();
        append(store.log("a"), "only");
        int last = sizeOfRecords(storage.bytes(FIRST));
        var ended = store.end();
        threads.settle();
        assertThat(ended).isCompleted();
        storage.flipBit(FIRST, last - 6, 0);

        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("had been synced");
    }

    @Test
    void damage_in_an_earlier_segment_is_refused() throws IOException {
        var log = open().log("a");
        fill(log, 3);
        storage.kill();
        // Nothing is left behind the damage in its own segment; that the next one was begun proves it.
        storage.cut(FIRST, 30_000);

        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(FIRST + " is damaged at offset")
                .hasMessageContaining(Segment.name(2) + " was begun after it");
    }

    @Test
    void a_segment_that_is_gone_is_missed() throws IOException {
        var log = open().log("a");
        fill(log, 4);
        storage.kill();
        var original = storage;

        storage = original.copy();
        storage.delete(Segment.name(2));
        assertThatThrownBy(this::open).hasMessageContaining(Segment.name(2) + " is missing");

        storage = original.copy();
        storage.delete(FIRST);
        assertThatThrownBy(this::open).hasMessageContaining("entries 1 to").hasMessageContaining("are missing");
    }

    /** Appends until so many segments are in use. */
    private void fill(SegmentLog log, int segments) {
        var entry = "y".repeat(1_000);
        while (storage.list().size() < segments + 1) {
            append(log, entry);
        }
    }

    @Test
    void files_that_no_log_needs_are_deleted() throws IOException {
        var store = open();
        var log = store.log("a");
        var other = store.log("other");
        append(other, "in the first segment");
        fill(log, 4);
        log.truncatePrefix(log.lastIndex());
        threads.settle();
        assertThat(storage.list()).contains(FIRST);

        other.truncatePrefix(2);
        threads.settle();
        assertThat(storage.list()).doesNotContain(FIRST, Segment.name(2), Segment.name(3));
        storage.powerLoss(new Random(1));
        var again = open();
        assertThat(entries(again.log("a"))).hasSize(1);
        assertThat(again.log("other").lastIndex()).isEqualTo(1);
        append(again.log("other"), "on");
    }

    @Test
    void a_log_that_holds_the_oldest_file_is_asked_to_let_go() throws IOException {
        var store = open();
        var idle = store.log("idle");
        append(idle, "old");
        var asked = new ArrayList<String>();
        idle.onHoldingBack(() -> {
            asked.add("idle");
            idle.truncatePrefix(2);
        });
        var busy = store.log("busy");
        fill(busy, SegmentStore.SEGMENTS_HELD_MAX);
        assertThat(asked).isEmpty();
        while (asked.isEmpty()) {
            append(busy, "y".repeat(1_000));
            busy.truncatePrefix(busy.lastIndex());
        }
        threads.settle();
        assertThat(storage.list()).doesNotContain(FIRST).hasSizeLessThan(4);
    }

    @Test
    void a_full_disk_refuses_appends_keeps_everything_readable_and_recovers() throws IOException {
        var log = open().log("a");
        append(log, "one");
        storage.capacityBytes(140_000);
        var entry = "z".repeat(1_000);
        CompletableFuture<Void> last;
        do {
            last = appended(log, entry);
        } while (!last.isCompletedExceptionally());

        assertThat(refusal(last)).isEqualTo(Refused.Code.STORAGE);
        assertThat(last.exceptionNow()).hasMessageContaining("No space left on device");
        assertThat(((Refused) last.exceptionNow()).retryAfter()).isPresent();
        long before = log.lastIndex();
        assertThat(entries(log)).hasSize((int) before);
        assertThat(storage.list()).doesNotContain(Segment.SPARE);

        storage.capacityBytes(Long.MAX_VALUE);
        clock.advance(Duration.ofSeconds(2));
        append(log, entry);
        storage.powerLoss(new Random(1));
        assertThat(entries(open().log("a"))).hasSize((int) before + 1);
    }

    @Test
    void on_a_full_disk_a_log_can_still_forget_which_makes_room() throws IOException {
        var log = open(SMALL.withSegmentsMax(3)).log("a");
        var entry = "z".repeat(1_000);
        CompletableFuture<Void> last;
        do {
            last = appended(log, entry);
        } while (!last.isCompletedExceptionally());
        assertThat(last.exceptionNow())
                .hasMessageContaining("3 segments are in use")
                .hasMessageContaining("log a");

        var truncated = log.truncatePrefix(log.lastIndex());
        threads.settle();
        assertThat(truncated).isCompleted();
        clock.advance(Duration.ofSeconds(2));
        append(log, entry);
    }

    @Test
    void a_failed_sync_ends_the_store_and_acknowledges_nothing() throws IOException {
        var log = open().log("a");
        append(log, "one");
        storage.failSyncs(true);
        assertThat(refusal(appended(log, "two"))).isEqualTo(Refused.Code.STORAGE);
        // The disk is well again, but what the system still holds of the failed write nobody knows.
        storage.failSyncs(false);
        assertThat(refusal(appended(log, "three"))).isEqualTo(Refused.Code.STORAGE);
        assertThat(reports).anyMatch(report -> report.contains("syncing " + FIRST + " failed"));
        assertThat(entries(log)).containsExactly("one");

        storage.kill();
        var again = open().log("a");
        assertThat(entries(again)).startsWith("one");
        var found = entries(again);
        // What was found is written once more: the system believed it clean.
        storage.powerLoss(new Random(2));
        assertThat(entries(open().log("a"))).isEqualTo(found);
    }

    @Test
    void a_failed_write_ends_the_store() throws IOException {
        var log = open().log("a");
        append(log, "one");
        storage.failWrites(true);
        assertThat(refusal(appended(log, "two"))).isEqualTo(Refused.Code.STORAGE);
        storage.failWrites(false);
        assertThat(refusal(appended(log, "three"))).isEqualTo(Refused.Code.STORAGE);
        storage.kill();
        assertThat(entries(open().log("a"))).containsExactly("one");
    }

    @Test
    void a_closed_store_refuses() throws IOException {
        var store = open();
        var log = store.log("a");
        append(log, "one");
        store.end();
        threads.settle();

        assertThat(refusal(appended(log, "two"))).isEqualTo(Refused.Code.STOPPED);
    }

    @Test
    void segments_of_another_size_are_read_and_larger_records_still_find_room() throws IOException {
        append(open().log("a"), "small");
        storage.kill();
        var log = open(SMALL.withSegmentBytes(1 << 20)).log("a");
        append(log, "l".repeat(100_000), "m".repeat(200_000));
        storage.kill();
        assertThat(entries(open().log("a")).stream().map(String::length)).containsExactly(5, 100_000, 200_000);
    }

    @Test
    void a_record_beyond_the_limit_is_refused() throws IOException {
        var store = open();
        var future = appended(store.log("a"), "x".repeat(store.payloadBytesMax() + 1));
        assertThat(future.exceptionNow()).hasMessageContaining("the limit is " + store.payloadBytesMax());
        append(store.log("a"), "x".repeat(store.payloadBytesMax()));
    }

    @Test
    void log_names_are_checked() throws IOException {
        var store = open();
        for (var name : List.of("", "A", "1a", "a/b", "a b", "a".repeat(49))) {
            assertThatThrownBy(() -> store.log(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("log name '" + name + "'");
        }
    }

    @Test
    void a_store_that_was_just_being_made_when_the_power_failed_is_made_anew() throws IOException {
        open();
        var made = storage.copy();
        for (int cut = 0; cut < Recovery.NEW_STORE_BYTES; cut++) {
            storage = made.copy();
            storage.cut(FIRST, cut);
            append(open().log("a"), "one");
        }
    }

    /** Random changes to three logs, with the power failing at random points: what is found is a state that once was asked for. */
    @Test
    void after_any_power_loss_each_log_is_as_it_once_was_and_no_older_than_acknowledged() throws IOException {
        for (long seed = 0; seed < 150; seed++) {
            try {
                randomLife(new Random(seed));
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** What a log is after the so-manieth change that was asked for. */
    private record State(int change, long first, List<String> entries) {}

    private void randomLife(Random random) throws IOException {
        storage = new FaultyStorage();
        // The last acknowledged state of each log, and those that were asked for after it.
        Map<String, ArrayDeque<State>> states = new HashMap<>();
        var names = List.of("a", "b", "c");
        names.forEach(name -> states.put(name, new ArrayDeque<>(List.of(new State(0, 1, List.of())))));
        for (int life = 0; life < 6; life++) {
            var lives = new SimulatedThreads(random);
            var store = SegmentStore.open(storage, SMALL, clock, lives.serial(), lives.serial(), reports::add);
            for (var name : names) {
                var log = store.log(name);
                var found = new State(0, log.firstIndex(), entries(log));
                assertThat(states.get(name))
                        .as("log " + name)
                        .anyMatch(known -> known.first() == found.first()
                                && known.entries().equals(found.entries()));
                states.put(name, new ArrayDeque<>(List.of(found)));
            }
            int changes = random.nextInt(60);
            for (int i = 0; i < changes; i++) {
                var name = names.get(random.nextInt(names.size()));
                change(random, store.log(name), states.get(name));
                for (int steps = random.nextInt(4); steps > 0; steps--) {
                    lives.step();
                }
            }
            storage.powerLoss(random);
        }
    }

    private static void change(Random random, SegmentLog log, ArrayDeque<State> known) {
        var before = known.getLast();
        int change = before.change() + 1;
        long first = before.first();
        var entries = new ArrayList<>(before.entries());
        CompletableFuture<Void> done;
        switch (random.nextInt(20)) {
            case 0, 1 -> {
                int forgotten = random.nextInt(entries.size() + 1);
                first += forgotten;
                entries.subList(0, forgotten).clear();
                done = log.truncatePrefix(first);
            }
            case 2, 3 -> {
                int kept = random.nextInt(entries.size() + 1);
                entries.subList(kept, entries.size()).clear();
                done = log.truncateSuffix(first + kept - 1);
            }
            case 4 -> {
                first = random.nextLong(1, 1_000);
                entries.clear();
                done = log.reset(first);
            }
            default -> {
                long next = first + entries.size();
                var added = new ArrayList<ByteBuffer>();
                int count = random.nextInt(1, 20);
                for (int i = 0; i < count; i++) {
                    var entry = Integer.toString(random.nextInt(), 36).repeat(random.nextInt(1, 60));
                    added.add(ByteBuffer.wrap(entry.getBytes(UTF_8)));
                    entries.add(entry);
                    // What was asked for at once may be found in part, from the first on.
                    known.add(new State(change, first, List.copyOf(entries)));
                }
                done = log.append(next, added);
            }
        }
        known.add(new State(change, first, List.copyOf(entries)));
        done.thenRun(() -> {
            while (known.getFirst().change() < change
                    || (known.size() > 1 && known.getFirst().change() == change && isPart(known, change))) {
                known.removeFirst();
            }
        });
    }

    /** Whether the first known state is followed by another one of the same change. */
    private static boolean isPart(ArrayDeque<State> known, int change) {
        return known.stream().skip(1).findFirst().orElseThrow().change() == change;
    }
}
