package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A partition on a journal on a store on a faulty disk, on the test's own thread. */
class LocalJournalTest {
    private static final SegmentOptions SMALL = SegmentOptions.defaults().withSegmentBytes(64 << 10);
    private static final JournalOptions NO_SNAPSHOTS = new JournalOptions(Integer.MAX_VALUE, Long.MAX_VALUE, false);
    private static final JournalOptions EVERY_TEN = new JournalOptions(10, Long.MAX_VALUE, false);

    private final SimulatedClock clock = new SimulatedClock();
    private final SimulatedThreads threads = new SimulatedThreads(new Random(1));
    private final FaultyStorage storage = new FaultyStorage();
    private final FaultyStorage snapshots = new FaultyStorage();
    private final List<String> reports = new ArrayList<>();
    private final List<Ledger.Payment> payments = new ArrayList<>();
    private long number;

    /** One start of the process. */
    private record Running(
            SegmentStore store,
            LocalJournal<Ledger.Command> journal,
            Partition<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> partition) {}

    private Running start(JournalOptions options) throws IOException {
        storage.kill();
        snapshots.kill();
        clock.dropAlarms();
        var store = SegmentStore.open(storage, SMALL, clock, threads.serial(), threads.serial(), reports::add);
        return start(store, "ledger", options);
    }

    private Running start(SegmentStore store, String log, JournalOptions options) throws IOException {
        var journal = LocalJournal.open(
                store,
                log,
                Ledger.CODECS.commands(),
                snapshots,
                options,
                threads.serial(),
                threads.serial(),
                clock,
                reports::add);
        var partition = Partition.durable(
                new Ledger(), journal, Ledger.CODECS, (_, payment, _, _) -> payments.add(payment), clock);
        threads.settle();
        return new Running(store, journal, partition);
    }

    private Ledger.Command deposit() {
        number++;
        return new Ledger.Deposit(number, "a", 1);
    }

    private CompletableFuture<Ledger.Outcome> submit(Running process, Ledger.Command command) {
        var outcome = process.partition().submit(command);
        threads.settle();
        return outcome;
    }

    private void deposits(Running process, int count) {
        for (int i = 0; i < count; i++) {
            assertThat(submit(process, deposit())).isCompleted();
        }
    }

    private long balance(Running process) {
        var balance = process.partition().read(ledger -> ledger.balance("a"));
        threads.settle();
        return balance.join();
    }

    private static Refused refusal(CompletableFuture<?> future) {
        return (Refused) future.exceptionNow();
    }

    @Test
    void what_was_acknowledged_is_there_after_a_restart() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 100);
        process = start(NO_SNAPSHOTS);
        assertThat(balance(process)).isEqualTo(100);
        deposits(process, 1);
        assertThat(balance(start(NO_SNAPSHOTS))).isEqualTo(101);
    }

    @Test
    void inputs_that_wait_together_share_a_sync_and_keep_their_order() throws IOException {
        var process = start(NO_SNAPSHOTS);
        long before = storage.syncs();
        List<CompletableFuture<Ledger.Outcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            outcomes.add(process.partition().submit(deposit()));
        }
        threads.settle();

        assertThat(storage.syncs() - before).isLessThanOrEqualTo(3);
        for (int i = 0; i < 1_000; i++) {
            assertThat(outcomes.get(i).join()).isEqualTo(new Ledger.Outcome(i + 1, true, i + 1));
        }
    }

    @Test
    void every_kind_of_input_is_replayed_as_it_was() throws IOException {
        var process = start(NO_SNAPSHOTS);
        var session = process.partition().openSession();
        var gone = process.partition().openSession();
        threads.settle();
        var id = new CommandId(session.join(), 1);
        var first = process.partition().submit(id, new Ledger.Deposit(1, "a", 10));
        process.partition().closeSession(gone.join());
        process.partition().upgrade(3);
        threads.settle();
        submit(process, new Ledger.Pay(2, "a", 3));
        submit(process, new Ledger.Hold(3, "a", 2, Duration.ofSeconds(5)));
        clock.advance(Duration.ofSeconds(6));
        threads.settle();

        process = start(NO_SNAPSHOTS);
        assertThat(balance(process)).isEqualTo(7);
        var again = process.partition().submit(id, new Ledger.Deposit(1, "a", 10));
        var late = process.partition().submit(new CommandId(gone.join(), 1), new Ledger.Deposit(4, "a", 10));
        var version = process.partition().upgrade(2);
        threads.settle();
        assertThat(again.join()).isEqualTo(first.join());
        assertThat(refusal(late).code()).isEqualTo(Refused.Code.SESSION_EXPIRED);
        assertThat(version.join()).isEqualTo(3);
    }

    @Test
    void replay_performs_nothing_and_the_leader_performs_what_is_open() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 1);
        var outcome = process.partition().submit(new Ledger.Pay(99, "a", 1));
        assertThat(payments).isEmpty();
        threads.settle();
        assertThat(outcome).isCompleted();
        assertThat(payments).hasSize(1);

        start(NO_SNAPSHOTS);
        assertThat(payments).hasSize(2);
    }

    @Test
    void refused_inputs_change_no_count_and_later_ones_find_room() throws IOException {
        var process = start(NO_SNAPSHOTS);
        List<CompletableFuture<Ledger.Outcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < Limits.PENDING_INPUTS_MAX + 5; i++) {
            outcomes.add(process.partition().submit(deposit()));
        }
        threads.settle();

        var refused = outcomes.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .toList();
        assertThat(refused).hasSize(5);
        assertThat(refusal(refused.getFirst()).code()).isEqualTo(Refused.Code.OVERLOADED);
        assertThat(refusal(refused.getFirst()).retryAfter()).isPresent();
        assertThat(process.journal().idle()).isTrue();
        assertThat(balance(process)).isEqualTo(Limits.PENDING_INPUTS_MAX);
        deposits(process, 1);
    }

    @Test
    void a_command_beyond_the_limit_is_refused_and_the_next_one_goes_on() throws IOException {
        storage.kill();
        var store = SegmentStore.open(storage, SMALL, clock, threads.serial(), threads.serial(), reports::add);
        var large = new Codec<Long>() {
            @Override
            public byte[] encode(Long value) {
                return new byte[Math.toIntExact(value)];
            }

            @Override
            public Long decode(ByteBuffer bytes) {
                return (long) bytes.remaining();
            }
        };
        var journal = LocalJournal.open(
                store,
                "large",
                large,
                snapshots,
                NO_SNAPSHOTS,
                threads.serial(),
                threads.serial(),
                clock,
                reports::add);
        var partition = Partition.durable(
                new Register(), journal, Codecs.withoutEffects(large, large), Performer.none(), clock);
        long most = (long) store.payloadBytesMax() - Envelope.BYTES_MAX;
        var fits = partition.submit(most);
        var tooLarge = partition.submit(most + 1);
        threads.settle();

        assertThat(fits).isCompleted();
        assertThat(refusal(tooLarge).code()).isEqualTo(Refused.Code.TOO_LARGE);
        assertThat(refusal(tooLarge)).hasMessageContaining("the limit is " + most);
    }

    @Test
    void an_engine_that_breaks_stops_its_journal_and_leaves_nobody_waiting() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 1);
        var before = process.partition().submit(deposit());
        var broken = process.partition().submit(new Ledger.Break(100));
        var behind = process.partition().submit(deposit());
        threads.settle();
        var late = submit(process, deposit());
        var read = process.partition().read(Ledger::lastIndex);
        threads.settle();

        assertThat(before).isCompleted();
        // Both are in the log, for good.
        assertThat(refusal(broken).code()).isEqualTo(Refused.Code.UNKNOWN);
        assertThat(refusal(behind).code()).isEqualTo(Refused.Code.UNKNOWN);
        assertThat(refusal(late).code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(refusal(read).code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(reports).anyMatch(report -> report.contains("journal ledger stopped"));
        assertThatThrownBy(() -> start(NO_SNAPSHOTS)).isInstanceOf(EngineBroken.class);
    }

    @Test
    void a_closed_journal_refuses_what_waits_and_what_comes() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 1);
        var waiting = process.partition().submit(deposit());
        var closed = process.journal().end();
        threads.settle();
        assertThat(closed).isCompleted();
        var late = submit(process, deposit());

        assertThat(refusal(waiting).code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(refusal(late).code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(balance(start(NO_SNAPSHOTS))).isEqualTo(1);
    }

    @Test
    void a_failed_sync_leaves_what_was_written_unknown_refuses_the_rest_and_reads_go_on() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 3);
        storage.failSyncs(true);
        var written = submit(process, deposit());
        storage.failSyncs(false);
        var late = submit(process, deposit());

        assertThat(refusal(written).code()).isEqualTo(Refused.Code.UNKNOWN);
        assertThat(refusal(late).code()).isEqualTo(Refused.Code.STORAGE);
        assertThat(balance(process)).isEqualTo(3);
        assertThat(balance(start(NO_SNAPSHOTS))).isBetween(3L, 4L);
    }

    @Test
    void a_tick_that_met_a_full_disk_comes_again_when_there_is_room() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 1);
        assertThat(submit(process, new Ledger.Hold(1_000_000, "a", 1, Duration.ofSeconds(5))))
                .isCompleted();
        storage.capacityBytes(0);
        CompletableFuture<Ledger.Outcome> last;
        do {
            last = submit(process, deposit());
        } while (!last.isCompletedExceptionally());
        assertThat(refusal(last).code()).isEqualTo(Refused.Code.STORAGE);
        long before = balance(process);

        clock.advance(Duration.ofSeconds(6));
        threads.settle();
        assertThat(balance(process)).isEqualTo(before);

        storage.capacityBytes(Long.MAX_VALUE);
        for (int i = 0; i < 5; i++) {
            clock.advance(Duration.ofSeconds(1));
            threads.settle();
        }
        assertThat(balance(process)).isEqualTo(before + 1);
    }

    @Test
    void the_two_newest_snapshots_are_kept_and_the_log_from_the_older_one_on() throws IOException {
        var process = start(EVERY_TEN);
        deposits(process, 35);

        assertThat(snapshots.list())
                .containsExactly("ledger-0000000000000000020.snapshot", "ledger-0000000000000000030.snapshot");
        assertThat(process.store().log("ledger").firstIndex()).isEqualTo(21);
        assertThat(balance(start(EVERY_TEN))).isEqualTo(35);
        assertThat(reports).isEmpty();
    }

    @Test
    void a_damaged_snapshot_is_reported_and_the_older_one_with_the_log_takes_its_place() throws IOException {
        var process = start(EVERY_TEN);
        deposits(process, 35);
        var newest = "ledger-0000000000000000030.snapshot";
        int size = snapshots.bytes(newest).length;
        for (int at : new int[] {0, 30, SnapshotStore.HEADER_BYTES + 5, size - 40, size - 1}) {
            snapshots.flipBit(newest, at, 1);
            reports.clear();
            assertThat(balance(start(EVERY_TEN))).isEqualTo(35);
            assertThat(reports).singleElement().asString().contains(newest).contains("damaged at offset");
            snapshots.flipBit(newest, at, 1);
        }
    }

    @Test
    void without_a_whole_snapshot_a_log_that_forgot_its_beginning_is_refused() throws IOException {
        deposits(start(EVERY_TEN), 35);
        for (var name : snapshots.list()) {
            snapshots.flipBit(name, 60, 1);
        }
        assertThatThrownBy(() -> start(EVERY_TEN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("log ledger begins at 21")
                .hasMessageContaining("none of its 2 snapshots");
    }

    @Test
    void a_snapshot_of_another_history_is_refused() throws IOException {
        deposits(start(EVERY_TEN), 35);
        for (var name : storage.list()) {
            storage.delete(name);
        }
        clock.advance(Duration.ofDays(1));
        assertThatThrownBy(() -> start(EVERY_TEN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is of incarnation");
    }

    @Test
    void a_snapshot_that_cannot_be_written_is_reported_and_tried_again() throws IOException {
        var process = start(EVERY_TEN);
        snapshots.capacityBytes(10);
        deposits(process, 12);
        assertThat(reports).singleElement().asString().contains("no snapshot of ledger at 10");
        assertThat(snapshots.list()).isEmpty();

        snapshots.capacityBytes(Long.MAX_VALUE);
        deposits(process, 10);
        assertThat(snapshots.list()).hasSize(1);
    }

    @Test
    void closing_takes_a_snapshot_so_that_the_next_start_replays_nothing() throws IOException {
        var options = new JournalOptions(1_000, Long.MAX_VALUE, true);
        var process = start(options);
        deposits(process, 5);
        var closed = process.journal().end();
        threads.settle();
        assertThat(closed).isCompleted();

        assertThat(snapshots.list()).containsExactly("ledger-0000000000000000005.snapshot");
        assertThat(balance(start(options))).isEqualTo(5);
    }

    @Test
    void an_idle_journal_does_not_keep_the_past_of_a_busy_one_alive() throws IOException {
        var busy = start(new JournalOptions(100, Long.MAX_VALUE, false));
        var idle = start(busy.store(), "idle", NO_SNAPSHOTS);
        deposits(idle, 3);
        deposits(busy, 20_000);

        assertThat(storage.list().size()).isLessThan(SegmentStore.SEGMENTS_HELD_MAX + 6);
        assertThat(storage.list()).doesNotContain(Segment.name(1));
        var again = start(EVERY_TEN);
        assertThat(balance(again)).isEqualTo(20_000);
        assertThat(balance(start(again.store(), "idle", NO_SNAPSHOTS))).isEqualTo(3);
    }

    @Test
    void an_entry_that_cannot_be_decoded_stops_the_start_and_is_named() throws IOException {
        var process = start(NO_SNAPSHOTS);
        deposits(process, 1);
        var log = process.store().log("ledger");
        log.append(2, List.of(ByteBuffer.wrap(new byte[] {7, 7})));
        threads.settle();

        assertThatThrownBy(() -> start(NO_SNAPSHOTS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("entry 2 of log ledger cannot be decoded");
    }
}
