package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.FaultyStorage;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static final Instant BEGUN = Instant.parse("2026-01-01T00:00:00Z");
    private static final History.Size SMALL = new History.Size(2_000, 4);

    private final FaultyStorage disk = new FaultyStorage();
    private final List<String> reports = new ArrayList<>();

    private History open() {
        return open(History.Size.OF_RELEASE);
    }

    private History open(History.Size size) {
        try {
            return History.open(disk, size, reports::add);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static TransactionView ended(long id) {
        return ended(id, "pay", GlobalStatus.COMMITTED);
    }

    private static TransactionView ended(long id, String name, GlobalStatus status) {
        return new TransactionView(
                new TransactionId(id),
                name,
                "bank",
                "default_tx_group",
                status,
                BEGUN.plusSeconds(id),
                Duration.ofSeconds(60),
                Optional.of(BEGUN.plusSeconds(id + 1)),
                List.of(),
                List.of(new TimelineEvent(BEGUN.plusSeconds(id + 1), TimelineEvent.Kind.ENDED, 0, status.name())));
    }

    private static List<Long> ids(TransactionPage page) {
        return page.transactions().stream().map(view -> view.id().value()).toList();
    }

    private static List<Long> all(History history) throws IOException {
        List<Long> ids = new ArrayList<>();
        var from = OptionalLong.empty();
        do {
            var page = history.page(TransactionFilter.ALL, from, 7);
            ids.addAll(ids(page));
            from = page.next();
        } while (from.isPresent());
        return ids;
    }

    @Test
    void what_was_added_is_found_again_after_a_power_loss() throws IOException {
        open().append(List.of(ended(1), ended(2)));
        disk.powerLoss(new Random(1));

        var history = open();
        assertThat(history.get(new TransactionId(2))).contains(ended(2));
        assertThat(history.get(new TransactionId(3))).isEmpty();
        history.append(List.of(ended(3)));
        assertThat(all(history)).containsExactly(3L, 2L, 1L);
    }

    @Test
    void what_it_has_it_does_not_add_again() throws IOException {
        open().append(List.of(ended(1), ended(2)));
        disk.kill();
        var history = open();

        history.append(List.of(ended(2), ended(3), ended(1)));

        assertThat(all(history)).containsExactly(3L, 2L, 1L);
    }

    @Test
    void it_keeps_so_many_files_and_lets_the_oldest_go() throws IOException {
        var history = open(SMALL);
        for (long id = 1; id <= 500; id++) {
            history.append(List.of(ended(id)));
        }

        assertThat(disk.list()).hasSize(4);
        assertThat(history.count()).isBetween(50L, 120L);
        var kept = all(history);
        assertThat(kept.getFirst()).isEqualTo(500L);
        assertThat(kept).hasSize((int) history.count());
        assertThat(history.get(new TransactionId(1))).isEmpty();
        disk.kill();
        assertThat(all(open(SMALL))).isEqualTo(kept);
    }

    @Test
    void a_search_finds_statuses_and_parts_of_names_across_files() throws IOException {
        var history = open(SMALL);
        for (long id = 1; id <= 40; id++) {
            history.append(List.of(ended(
                    id,
                    id % 10 == 0 ? "Transfer" : "pay",
                    id % 8 == 0 ? GlobalStatus.ROLLBACKED : GlobalStatus.COMMITTED)));
        }
        var rolledBack = new TransactionFilter(Set.of(GlobalStatus.ROLLBACKED), "");
        var transfers = new TransactionFilter(Set.of(), "TRANSF");

        assertThat(ids(history.page(rolledBack, OptionalLong.empty(), 3))).containsExactly(40L, 32L, 24L);
        assertThat(ids(history.page(transfers, OptionalLong.empty(), 10))).containsExactly(40L, 30L, 20L, 10L);
        assertThat(ids(history.page(
                        new TransactionFilter(Set.of(GlobalStatus.ROLLBACKED), "transfer"), OptionalLong.empty(), 9)))
                .containsExactly(40L);
    }

    @Test
    void a_search_that_finds_little_comes_back_after_a_bounded_number_and_goes_on_from_there() throws IOException {
        var history = open();
        List<TransactionView> many = new ArrayList<>();
        for (long id = 1; id <= History.SCAN_MAX + 10; id++) {
            many.add(ended(id));
        }
        many.set(0, ended(1, "needle", GlobalStatus.COMMITTED));
        history.append(many);
        var filter = new TransactionFilter(Set.of(), "needle");

        var first = history.page(filter, OptionalLong.empty(), 10);
        assertThat(first.transactions()).isEmpty();
        assertThat(ids(history.page(filter, first.next(), 10))).containsExactly(1L);
    }

    @Test
    void after_a_failed_write_it_goes_on_in_a_new_file() throws IOException {
        var history = open();
        history.append(List.of(ended(1)));
        disk.failWrites(true);
        assertThatThrownBy(() -> history.append(List.of(ended(2)))).isInstanceOf(IOException.class);
        disk.failWrites(false);
        disk.failSyncs(true);
        assertThatThrownBy(() -> history.append(List.of(ended(2)))).isInstanceOf(IOException.class);
        disk.failSyncs(false);

        history.append(List.of(ended(2), ended(3)));

        assertThat(all(history)).containsExactly(3L, 2L, 1L);
        disk.powerLoss(new Random(2));
        assertThat(all(open())).containsExactly(3L, 2L, 1L);
    }

    @Test
    void a_damaged_record_costs_the_rest_of_its_file_and_is_reported() throws IOException {
        var history = open(SMALL);
        for (long id = 1; id <= 40; id++) {
            history.append(List.of(ended(id)));
        }
        var before = all(history);
        var oldest = disk.list().getFirst();
        disk.flipBit(oldest, 1_000, 3);
        disk.kill();

        var after = all(open(SMALL));

        assertThat(reports).singleElement().asString().contains(oldest).contains("records are lost");
        assertThat(after).isSubsetOf(before).startsWith(40L, 39L, 38L).hasSizeLessThan(before.size());
    }

    @Test
    void damage_behind_its_back_is_reported_and_hides_no_other_record() throws IOException {
        var history = open();
        history.append(List.of(ended(1), ended(2), ended(3)));
        var name = disk.list().getFirst();
        int record = (disk.bytes(name).length - 16) / 3;
        disk.flipBit(name, 16 + record + 40, 1);

        assertThat(ids(history.page(TransactionFilter.ALL, OptionalLong.empty(), 10)))
                .containsExactly(3L, 1L);
        assertThat(reports).singleElement().asString().contains(name).contains("checksum");
        assertThatThrownBy(() -> history.get(new TransactionId(2))).hasMessageContaining("damaged");
    }

    /** Appends, failures, kills and power losses in any order: what was acknowledged is there once, in its order. */
    @Property(tries = 200)
    void nothing_acknowledged_is_lost_or_doubled(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        var own = new FaultyStorage();
        var history = History.open(own, SMALL, _ -> {});
        List<Long> acknowledged = new ArrayList<>();
        List<TransactionView> pending = new ArrayList<>();
        long next = 1;
        for (int step = 0; step < 60; step++) {
            switch (random.nextInt(8)) {
                case 0 -> {
                    own.powerLoss(random);
                    history = History.open(own, SMALL, _ -> {});
                }
                case 1 -> {
                    own.kill();
                    history = History.open(own, SMALL, _ -> {});
                }
                default -> {
                    for (int i = 0; i <= random.nextInt(4); i++) {
                        pending.add(ended(next));
                        next++;
                    }
                    own.failWrites(random.nextInt(10) == 0);
                    own.failSyncs(random.nextInt(10) == 0);
                    try {
                        history.append(pending);
                        pending.forEach(view -> acknowledged.add(view.id().value()));
                        pending.clear();
                    } catch (IOException e) {
                        assertThat(e).hasMessageContaining("simulated fault");
                    }
                    own.failWrites(false);
                    own.failSyncs(false);
                }
            }
            var kept = all(history);
            assertThat(kept).doesNotHaveDuplicates();
            List<Long> expected = new ArrayList<>(acknowledged.reversed());
            // What was tried and not acknowledged may be there, as the newest; the oldest may have left with their
            // file.
            var certain = kept.stream().filter(acknowledged::contains).toList();
            assertThat(certain).isEqualTo(expected.subList(0, certain.size()));
            assertThat(certain.size()).isGreaterThanOrEqualTo(Math.min(expected.size(), 3));
        }
    }
}
