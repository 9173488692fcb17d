package dev.plinth.kernel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Who watches which keys, and what each has still to see. */
final class Watches<V> {
    /*
     * A watcher is owed keys, not states: a state is looked up when its batch leaves, so it is the newest, and ten changes of one
     * key cost one item. What a slow watcher is owed is bounded by WATCH_KEYS_MAX, and what all of them are by
     * WATCH_KEYS_TOTAL_MAX; beyond, it is owed a snapshot, which costs nothing until it is ready for it. The alternative, a queue of
     * changes for each watcher, is either unbounded or loses some.
     */
    private static final int OWED_AT_FIRST = 4;

    /** One page of keys: prefix, the key before it, at most so many. */
    interface Keys {
        List<String> page(String prefix, String after, int limit);
    }

    /** One watcher's hold. */
    static final class Watch<V> {
        final Watcher<V> watcher;

        /** One text for all who watch it, once the watch has started. */
        String prefix;

        /** Nearly all watchers are owed nothing nearly always, and hold nothing for it then. */
        Set<String> owed = Set.of();

        /* Written under this by whoever closes the watch, read by the engine's thread. */
        volatile boolean released;
        /** What the watcher knows from before, as a digest; of use while it waits. */
        final long known;

        /** It waits until what it knows is what there is. */
        boolean waits;

        /** What it knows is what there is, and it is yet to be told so. */
        boolean owedWord;

        boolean ready;
        boolean owedSnapshot = true;
        boolean snapshotBegun;
        String snapshotAfter = "";

        Watch(String prefix, OptionalLong known, Watcher<V> watcher) {
            this.prefix = prefix;
            this.watcher = watcher;
            this.known = known.orElse(0);
            this.waits = known.isPresent();
        }

        synchronized boolean release() {
            boolean first = !released;
            released = true;
            return first;
        }

        /** What it waited for is there: it is owed the word, and no snapshot. */
        void oweWord() {
            waits = false;
            owedSnapshot = false;
            owedWord = true;
        }

        /** From the start, in place of all that is owed. */
        void oweSnapshot() {
            waits = false;
            owedWord = false;
            owedSnapshot = true;
            snapshotBegun = false;
            snapshotAfter = "";
        }
    }

    private final Function<String, Optional<V>> view;
    private final Keys keys;
    private final Function<String, OptionalLong> digest;
    private final int owedKeysMax;

    /** Counted where watches are opened, on any thread. */
    private final AtomicInteger count = new AtomicInteger();

    private final Prefixes<Watched<V>> byPrefix = new Prefixes<>();
    private final LinkedHashSet<Watch<V>> due = new LinkedHashSet<>();

    /** Keys that all watchers together are owed. */
    private int owedKeys;

    Watches(Function<String, Optional<V>> view, Keys keys) {
        this(view, keys, _ -> OptionalLong.empty(), Limits.WATCH_KEYS_TOTAL_MAX);
    }

    /**
     * @param digest as {@link Engine#digest}
     * @param owedKeysMax keys that all watchers together may be owed
     */
    Watches(Function<String, Optional<V>> view, Keys keys, Function<String, OptionalLong> digest, int owedKeysMax) {
        this.view = view;
        this.keys = keys;
        this.digest = digest;
        this.owedKeysMax = owedKeysMax;
    }

    Watch<V> open(String prefix, Watcher<V> watcher) {
        return open(prefix, OptionalLong.empty(), watcher);
    }

    Watch<V> open(String prefix, OptionalLong known, Watcher<V> watcher) {
        if (count.incrementAndGet() > Limits.WATCHERS_MAX) {
            count.decrementAndGet();
            throw Refused.overloaded(Limits.WATCHERS_MAX + " watchers are open", Duration.ofSeconds(1));
        }
        return new Watch<>(prefix, known, watcher);
    }

    /** Gives the watch's place back; from any thread, once. */
    void release(Watch<V> watch) {
        if (watch.release()) {
            count.decrementAndGet();
        }
    }

    void remove(Watch<V> watch) {
        due.remove(watch);
        forgive(watch);
        byPrefix.get(watch.prefix).ifPresent(same -> {
            same.remove(watch);
            if (same.isEmpty()) {
                byPrefix.remove(watch.prefix);
            }
        });
    }

    /** What the watch is owed is remembered no more. */
    private void forgive(Watch<V> watch) {
        owedKeys -= watch.owed.size();
        watch.owed = Set.of();
    }

    private void oweSnapshot(Watch<V> watch) {
        forgive(watch);
        watch.oweSnapshot();
    }

    void clear() {
        byPrefix.all().forEach(same -> same.all().forEach(this::forgive));
        byPrefix.clear();
        due.clear();
    }

    /** The whole state is another one: what anyone knew is void. */
    void replaced(Revision revision) {
        byPrefix.all()
                .forEach(same -> same.all().forEach(watch -> {
                    oweSnapshot(watch);
                    same.add(watch);
                    if (watch.ready) {
                        due.add(watch);
                    }
                }));
        deliver(revision);
    }

    /** How many prefixes are watched. */
    int prefixes() {
        return byPrefix.size();
    }

    /** The watcher is ready for one batch. The first call starts the watch. */
    void next(Watch<V> watch, Revision revision) {
        if (watch.released) {
            return;
        }
        var watched = byPrefix.get(watch.prefix).orElseGet(() -> {
            var first = new Watched<V>(watch.prefix);
            byPrefix.add(watch.prefix, first);
            return first;
        });
        watch.prefix = watched.prefix;
        watch.ready = true;
        if (watch.waits) {
            var now = digest.apply(watch.prefix);
            if (now.isPresent() && now.getAsLong() == watch.known) {
                watch.oweWord();
            }
        }
        watched.add(watch);
        if (watch.waits) {
            return;
        }
        if (watch.owedWord || watch.owedSnapshot || !watch.owed.isEmpty()) {
            deliver(watch, revision);
        }
    }

    /** The watch waits no longer. */
    void insist(Watch<V> watch, Revision revision) {
        if (watch.waits && !watch.released) {
            watch.waits = false;
            var watched = byPrefix.get(watch.prefix);
            if (watch.ready && watched.isPresent()) {
                watched.get().add(watch);
                deliver(watch, revision);
            }
        }
    }

    void changed(String key) {
        byPrefix.visit(key, this::oweAll);
    }

    private void oweAll(Watched<V> watched, String key) {
        if (watched.hasTold()) {
            for (var watch : watched.told()) {
                owe(watch, key);
            }
        }
        if (watched.hasWaiting()) {
            letGoOn(watched, digest.apply(watched.prefix));
        }
    }

    /** Those who waited for what is there now are owed the word. */
    private void letGoOn(Watched<V> watched, OptionalLong now) {
        if (now.isEmpty()) {
            return;
        }
        for (var watch : watched.take(now.getAsLong())) {
            watch.oweWord();
            watched.add(watch);
            if (watch.ready) {
                due.add(watch);
            }
        }
    }

    private void owe(Watch<V> watch, String key) {
        if (watch.owedSnapshot && (!watch.snapshotBegun || key.compareTo(watch.snapshotAfter) > 0)) {
            // The pages that are still to come will show it.
            return;
        }
        if (watch.owed.isEmpty()) {
            watch.owed = new LinkedHashSet<>(OWED_AT_FIRST);
        }
        if (watch.owed.add(key)) {
            owedKeys++;
        }
        if (watch.owed.size() > Limits.WATCH_KEYS_MAX || owedKeys > owedKeysMax) {
            oweSnapshot(watch);
        }
        if (watch.ready) {
            due.add(watch);
        }
    }

    /** Sends a batch to each watcher that is ready and is owed something. */
    void deliver(Revision revision) {
        if (due.isEmpty()) {
            return;
        }
        var now = List.copyOf(due);
        due.clear();
        now.forEach(watch -> deliver(watch, revision));
    }

    private void deliver(Watch<V> watch, Revision revision) {
        watch.ready = false;
        due.remove(watch);
        var batch = nextBatch(watch, revision);
        try {
            watch.watcher.accept(batch);
        } catch (RuntimeException e) {
            // Its fault is not the engine's: the partition goes on, without it.
            release(watch);
            remove(watch);
            var thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    private Watcher.Batch<V> nextBatch(Watch<V> watch, Revision revision) {
        if (watch.owedWord) {
            watch.owedWord = false;
            return new Watcher.Batch<>(revision, false, true, List.of());
        }
        return watch.owedSnapshot ? nextPage(watch, revision) : nextChanges(watch, revision);
    }

    private Watcher.Batch<V> nextPage(Watch<V> watch, Revision revision) {
        var page = keys.page(watch.prefix, watch.snapshotAfter, Limits.READ_ITEMS_MAX);
        boolean first = !watch.snapshotBegun;
        boolean complete = page.size() < Limits.READ_ITEMS_MAX;
        watch.snapshotBegun = !complete;
        watch.owedSnapshot = !complete;
        watch.snapshotAfter = complete ? "" : page.getLast();
        return new Watcher.Batch<>(revision, first, complete, items(page));
    }

    private Watcher.Batch<V> nextChanges(Watch<V> watch, Revision revision) {
        List<String> page = new ArrayList<>();
        var owed = watch.owed.iterator();
        while (owed.hasNext() && page.size() < Limits.READ_ITEMS_MAX) {
            page.add(owed.next());
            owed.remove();
        }
        owedKeys -= page.size();
        if (watch.owed.isEmpty()) {
            watch.owed = Set.of();
        }
        return new Watcher.Batch<>(revision, false, true, items(page));
    }

    private List<Watcher.Item<V>> items(List<String> page) {
        List<Watcher.Item<V>> items = new ArrayList<>(page.size());
        for (String key : page) {
            items.add(new Watcher.Item<>(key, view.apply(key)));
        }
        return List.copyOf(items);
    }
}
