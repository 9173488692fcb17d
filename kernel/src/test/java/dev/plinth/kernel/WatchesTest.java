package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** Watches over a state that the test changes by hand: each change gives a key a greater number. */
class WatchesTest {
    private final TreeMap<String, Integer> state = new TreeMap<>();
    private final Watches<Integer> watches = new Watches<>(key -> Optional.ofNullable(state.get(key)), this::page);
    private int lastNumber;

    private List<String> page(String prefix, String after, int limit) {
        return state.tailMap(after, false).keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .limit(limit)
                .toList();
    }

    private Revision now() {
        return new Revision(1, lastNumber);
    }

    /** As one entry that changes these keys. */
    private void change(String... keys) {
        for (var key : keys) {
            state.put(key, ++lastNumber);
            watches.changed(key);
        }
        watches.deliver(now());
    }

    private void remove(String key) {
        lastNumber++;
        state.remove(key);
        watches.changed(key);
        watches.deliver(now());
    }

    private void fill(String prefix, int keys) {
        for (int i = 0; i < keys; i++) {
            state.put(prefix + String.format("%05d", i), ++lastNumber);
        }
    }

    /** A watcher that keeps what it was told, as a client would, and holds it against the rules. */
    private final class Client implements Watcher<Integer> {
        final Watches.Watch<Integer> watch;
        final List<Batch<Integer>> batches = new ArrayList<>();
        final TreeMap<String, Integer> known = new TreeMap<>();
        private final Map<String, Integer> newest = new HashMap<>();
        private boolean asked;

        Client(String prefix) {
            watch = watches.open(prefix, this);
        }

        Client next() {
            asked = true;
            watches.next(watch, now());
            return this;
        }

        void close() {
            watches.release(watch);
            watches.remove(watch);
        }

        @Override
        public void accept(Batch<Integer> batch) {
            assertThat(asked).as("a batch comes only when one was asked for").isTrue();
            asked = false;
            batches.add(batch);
            assertThat(batch.items()).hasSizeLessThanOrEqualTo(Limits.READ_ITEMS_MAX);
            if (batches.size() == 1) {
                assertThat(batch.reset()).isTrue();
            } else {
                assertThat(batch.revision().index())
                        .isGreaterThanOrEqualTo(
                                batches.get(batches.size() - 2).revision().index());
            }
            if (batch.reset()) {
                known.clear();
            }
            for (var item : batch.items()) {
                assertThat(item.key()).startsWith(watch.prefix);
                item.view().ifPresentOrElse(number -> known.put(item.key(), number), () -> known.remove(item.key()));
                // That a key is gone is as new as its batch.
                int number = item.view().orElse((int) batch.revision().index());
                assertThat(number).as(item.key()).isGreaterThanOrEqualTo(newest.getOrDefault(item.key(), 0));
                newest.put(item.key(), number);
            }
        }

        List<String> keysOf(int batch) {
            return batches.get(batch).items().stream().map(Item::key).toList();
        }

        /** Asks until nothing more comes. */
        void readAll() {
            int before;
            do {
                before = batches.size();
                next();
            } while (batches.size() > before);
        }
    }

    @Test
    void the_first_batch_is_a_snapshot_of_the_keys_under_the_prefix() {
        fill("a/", 3);
        fill("b/", 2);

        var client = new Client("a/").next();

        assertThat(client.batches).hasSize(1);
        assertThat(client.batches.getFirst().reset()).isTrue();
        assertThat(client.batches.getFirst().complete()).isTrue();
        assertThat(client.batches.getFirst().revision()).isEqualTo(now());
        assertThat(client.keysOf(0)).containsExactly("a/00000", "a/00001", "a/00002");
    }

    @Test
    void a_snapshot_of_nothing_is_an_empty_batch() {
        var client = new Client("a/").next();

        assertThat(client.batches).hasSize(1);
        assertThat(client.batches.getFirst().items()).isEmpty();
        assertThat(client.batches.getFirst().complete()).isTrue();
    }

    @Test
    void nothing_comes_before_the_watcher_has_asked() {
        var client = new Client("");
        change("a");
        assertThat(client.batches).isEmpty();

        client.next();
        change("a");
        assertThat(client.batches).as("it asked for one batch").hasSize(1);
    }

    @Test
    void a_ready_watcher_is_told_of_a_change_at_once() {
        var client = new Client("a").next().next();
        change("a");

        assertThat(client.batches).hasSize(2);
        assertThat(client.batches.getLast().reset()).isFalse();
        assertThat(client.known).containsEntry("a", 1);
    }

    @Test
    void what_changes_outside_the_prefix_is_not_told() {
        var exact = new Client("abc").next().next();
        var wider = new Client("ab").next().next();
        var all = new Client("").next().next();

        change("abcd");
        assertThat(List.of(exact.batches.size(), wider.batches.size(), all.batches.size()))
                .containsExactly(2, 2, 2);
        all.next();
        change("b", "a", "");
        assertThat(List.of(exact.batches.size(), wider.batches.size(), all.batches.size()))
                .containsExactly(2, 2, 3);
        assertThat(all.keysOf(2)).containsExactly("b", "a", "");
    }

    @Test
    void a_key_that_is_gone_is_told_without_a_state() {
        change("a");
        var client = new Client("").next().next();
        remove("a");

        assertThat(client.batches.getLast().items()).containsExactly(new Watcher.Item<>("a", Optional.empty()));
        assertThat(client.known).isEmpty();
    }

    @Test
    void many_changes_of_one_key_cost_a_slow_watcher_one_item_and_that_is_the_newest() {
        var client = new Client("").next();
        for (int i = 0; i < 100; i++) {
            change("a", "b");
        }
        client.next();

        assertThat(client.batches).hasSize(2);
        assertThat(client.keysOf(1)).containsExactly("a", "b");
        assertThat(client.known).isEqualTo(state);
    }

    @Test
    void changes_of_one_entry_come_in_one_batch_in_the_order_in_which_they_were_said() {
        var client = new Client("").next().next();
        change("c", "a", "b", "a");

        assertThat(client.keysOf(1)).containsExactly("c", "a", "b");
    }

    @Test
    void a_large_snapshot_comes_in_pages_of_which_the_first_resets_and_the_last_completes() {
        fill("", 2_500);
        var client = new Client("");
        client.readAll();

        assertThat(client.batches).extracting(Watcher.Batch::reset).containsExactly(true, false, false);
        assertThat(client.batches).extracting(Watcher.Batch::complete).containsExactly(false, false, true);
        assertThat(client.batches).extracting(batch -> batch.items().size()).containsExactly(1_000, 1_000, 500);
        assertThat(client.known).isEqualTo(state);
    }

    @Test
    void a_snapshot_of_exactly_one_page_is_completed_by_an_empty_one() {
        fill("", Limits.READ_ITEMS_MAX);
        var client = new Client("");
        client.readAll();

        assertThat(client.batches).extracting(Watcher.Batch::complete).containsExactly(false, true);
        assertThat(client.known).isEqualTo(state);
    }

    @Test
    void what_changes_while_a_snapshot_is_on_its_way_is_told_after_it_or_with_it() {
        fill("k", 1_500);
        var client = new Client("").next();
        change("k00001", "k01400");
        remove("k00002");
        remove("k01401");
        change("k00001x");

        client.readAll();

        assertThat(client.known).isEqualTo(state);
        assertThat(client.batches).extracting(Watcher.Batch::reset).containsExactly(true, false, false);
        assertThat(client.keysOf(1))
                .as("the next page shows what lies ahead of it")
                .contains("k01400");
        assertThat(client.keysOf(2)).as("what lies behind it follows").containsExactly("k00001", "k00002", "k00001x");
    }

    @Test
    void more_changes_than_one_batch_holds_come_in_several_and_none_is_a_snapshot() {
        fill("", 2_500);
        var client = new Client("");
        client.readAll();
        change("busy");
        for (var key : List.copyOf(state.keySet())) {
            change(key);
        }
        client.readAll();

        var after = client.batches.subList(3, client.batches.size());
        assertThat(after).hasSize(4).allMatch(batch -> !batch.reset() && batch.complete());
        assertThat(client.known).isEqualTo(state);
    }

    @Test
    void a_watcher_that_fell_too_far_behind_gets_a_snapshot_instead_of_what_it_missed() {
        fill("k", Limits.WATCH_KEYS_MAX + 1);
        var slow = new Client("");
        for (int page = 0; page < 5; page++) {
            slow.next();
        }
        assertThat(slow.known).isEqualTo(state);
        for (var key : List.copyOf(state.keySet())) {
            change(key);
            assertThat(slow.watch.owed).hasSizeLessThanOrEqualTo(Limits.WATCH_KEYS_MAX);
        }
        remove("k00000");
        slow.readAll();

        assertThat(slow.batches.stream().filter(Watcher.Batch::reset)).hasSize(2);
        assertThat(slow.known).isEqualTo(state).doesNotContainKey("k00000");
    }

    /** The state's sum stands for its digest. */
    private Watches<Integer> knowing() {
        return new Watches<>(
                key -> Optional.ofNullable(state.get(key)),
                this::page,
                _ -> OptionalLong.of(
                        state.values().stream().mapToInt(number -> number).sum()),
                100);
    }

    @Test
    void a_watcher_that_knows_what_there_is_gets_the_word_for_it_and_then_only_changes() {
        state.put("a", 1);
        state.put("b", 2);
        var known = knowing();
        List<Watcher.Batch<Integer>> told = new ArrayList<>();
        var watch = known.open("", OptionalLong.of(3), told::add);
        known.next(watch, now());
        assertThat(told).containsExactly(new Watcher.Batch<>(now(), false, true, List.of()));

        known.next(watch, now());
        state.put("a", 5);
        known.changed("a");
        known.deliver(now());
        assertThat(told.getLast().items()).containsExactly(new Watcher.Item<>("a", Optional.of(5)));
        assertThat(told).noneMatch(Watcher.Batch::reset);
    }

    @Test
    void a_watcher_that_knows_more_than_there_is_waits_until_it_is_there_or_until_it_insists() {
        state.put("a", 1);
        var known = knowing();
        List<Watcher.Batch<Integer>> patient = new ArrayList<>();
        List<Watcher.Batch<Integer>> insisting = new ArrayList<>();
        var waits = known.open("", OptionalLong.of(4), patient::add);
        var insists = known.open("", OptionalLong.of(99), insisting::add);
        known.next(waits, now());
        known.next(insists, now());
        state.put("b", 1);
        known.changed("b");
        known.deliver(now());
        assertThat(patient).isEmpty();
        assertThat(insisting).isEmpty();

        known.insist(insists, now());
        assertThat(insisting)
                .hasSize(1)
                .allMatch(batch -> batch.reset() && batch.items().size() == 2);

        state.put("b", 3);
        known.changed("b");
        state.put("c", 7);
        known.changed("c");
        known.deliver(now());
        assertThat(patient).as("the word first").containsExactly(new Watcher.Batch<>(now(), false, true, List.of()));
        known.next(waits, now());
        assertThat(patient.getLast().items())
                .as("what changed since")
                .containsExactly(new Watcher.Item<>("c", Optional.of(7)));
        known.insist(waits, now());
        assertThat(patient).hasSize(2);
    }

    @Test
    void what_all_slow_watchers_are_owed_together_is_bounded_and_whoever_passes_it_gets_a_snapshot() {
        var few = new Watches<Integer>(
                key -> Optional.ofNullable(state.get(key)), this::page, _ -> OptionalLong.empty(), 5);
        fill("k", 3);
        List<Watcher.Batch<Integer>> told = new ArrayList<>();
        List<Watches.Watch<Integer>> slow = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            var watch = few.open("", told::add);
            few.next(watch, now());
            slow.add(watch);
        }
        told.clear();
        state.keySet().forEach(few::changed);

        assertThat(slow.stream().mapToInt(watch -> watch.owed.size()).sum()).isLessThanOrEqualTo(5);
        slow.forEach(watch -> few.next(watch, now()));
        assertThat(told).hasSize(4).allMatch(batch -> batch.items().size() == 3);
        assertThat(told.stream().filter(Watcher.Batch::reset)).isNotEmpty();

        told.clear();
        slow.forEach(few::remove);
        var after = few.open("", told::add);
        few.next(after, now());
        state.keySet().forEach(few::changed);
        assertThat(after.owed)
                .as("what others were owed is forgotten with them")
                .hasSize(3);
    }

    @Test
    void a_snapshot_starts_again_if_too_much_changes_behind_it() {
        fill("k", Limits.WATCH_KEYS_MAX + 2_000);
        var slow = new Client("");
        for (int page = 0; page < 5; page++) {
            slow.next();
        }
        for (var key : List.copyOf(state.keySet())) {
            change(key);
        }
        slow.readAll();

        assertThat(slow.batches.get(5).reset()).isTrue();
        assertThat(slow.known).isEqualTo(state);
    }

    @Test
    void one_entry_that_changes_more_than_is_remembered_gives_a_ready_watcher_a_snapshot() {
        fill("k", Limits.WATCH_KEYS_MAX + 1);
        var client = new Client("");
        client.readAll();
        change(state.keySet().toArray(String[]::new));
        client.readAll();

        assertThat(client.known).isEqualTo(state);
        assertThat(client.batches.stream().filter(Watcher.Batch::reset)).hasSize(2);
    }

    @Test
    void a_closed_watch_is_told_nothing_more_and_its_place_is_free() {
        var client = new Client("a").next().next();
        client.close();
        change("a");
        client.next();

        assertThat(client.batches).hasSize(1);
        assertThat(watches.prefixes()).isZero();
    }

    @Test
    void a_watch_closed_before_it_asked_leaves_nothing() {
        var client = new Client("a");
        client.close();
        client.next();

        assertThat(client.batches).isEmpty();
        assertThat(watches.prefixes()).isZero();
    }

    @Test
    void watchers_beyond_the_limit_are_refused_until_one_closes() {
        var first = new Client("");
        for (int i = 1; i < Limits.WATCHERS_MAX; i++) {
            var _ = watches.open("", _ -> {});
        }
        assertThatThrownBy(() -> watches.open("", _ -> {}))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(Refused.Code.OVERLOADED));
        first.close();
        first.close();
        var _ = watches.open("", _ -> {});
        assertThatThrownBy(() -> watches.open("", _ -> {})).isInstanceOf(Refused.class);
    }

    @Test
    void a_watcher_that_throws_is_let_go_and_the_others_are_told() {
        var reported = new ArrayList<Throwable>();
        var thread = Thread.currentThread();
        var before = thread.getUncaughtExceptionHandler();
        thread.setUncaughtExceptionHandler((_, failure) -> reported.add(failure));
        try {
            var broken = watches.open("a", _ -> {
                throw new IllegalStateException("broken watcher");
            });
            watches.next(broken, now());
            var other = new Client("a").next().next();
            watches.next(broken, now());
            change("a");

            assertThat(other.known).containsKey("a");
            assertThat(reported).hasSize(1);
            assertThat(watches.prefixes()).isEqualTo(1);
        } finally {
            thread.setUncaughtExceptionHandler(before);
        }
    }

    @Test
    void after_the_whole_state_was_replaced_every_watcher_gets_a_snapshot() {
        fill("k", 1_500);
        var ready = new Client("k");
        ready.readAll();
        var midway = new Client("k").next();
        change("k00000");

        state.clear();
        fill("k", 3);
        watches.replaced(now());
        ready.readAll();
        midway.readAll();

        assertThat(ready.known).isEqualTo(state);
        assertThat(ready.batches.getLast().reset()).isTrue();
        assertThat(midway.known).isEqualTo(state);
    }

    /** Held against the plain search: every prefix of the key is looked at. */
    @Property(tries = 300)
    void a_change_finds_exactly_the_watches_whose_prefix_its_key_has(
            @ForAll @Size(max = 30) List<@StringLength(max = 6) @CharRange(from = 'a', to = 'c') String> prefixes,
            @ForAll @StringLength(max = 8) @CharRange(from = 'a', to = 'd') String key) {
        var watched = prefixes.stream()
                .map(prefix -> new Client(prefix).next().next())
                .toList();
        change(key);

        for (var client : watched) {
            assertThat(client.batches).hasSize(key.startsWith(client.watch.prefix) ? 2 : 1);
        }
    }

    /** What may happen, in any order: the state changes, keys go, watchers ask. */
    sealed interface Step {
        record Change(List<String> keys) implements Step {}

        record Remove(String key) implements Step {}

        record Ask(int client) implements Step {}
    }

    /** Keys of few letters, so that prefixes overlap, and that sort on either side of a page's end. */
    private static Arbitrary<String> keys() {
        return Combinators.combine(
                        Arbitraries.of("", "a", "ab", "b", "k"),
                        Arbitraries.integers().between(0, 1_300))
                .as((prefix, number) -> prefix + String.format("%05d", number));
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Step> change = keys().list().ofMinSize(1).ofMaxSize(5).map(Step.Change::new);
        Arbitrary<Step> remove = keys().map(Step.Remove::new);
        Arbitrary<Step> ask = Arbitraries.integers().between(0, 3).map(Step.Ask::new);
        return Arbitraries.oneOf(change, remove, ask).list().ofMaxSize(200);
    }

    @Property(tries = 100)
    void whatever_happens_every_watcher_comes_to_the_state_and_never_goes_back(@ForAll("steps") List<Step> steps) {
        fill("k", 1_200);
        var clients = List.of(new Client(""), new Client("k"), new Client("a"), new Client("ab0"));
        for (var step : steps) {
            switch (step) {
                case Step.Change(List<String> changed) -> change(changed.toArray(String[]::new));
                case Step.Remove(String key) -> remove(key);
                case Step.Ask(int client) -> clients.get(client).next();
            }
        }
        for (var client : clients) {
            client.readAll();
            var visible = new TreeMap<>(state);
            visible.keySet().removeIf(key -> !key.startsWith(client.watch.prefix));
            assertThat(client.known).isEqualTo(visible);
        }
    }
}
