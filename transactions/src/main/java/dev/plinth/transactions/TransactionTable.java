package dev.plinth.transactions;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The engine's transactions by id, made so that a snapshot of a million takes microseconds. */
final class TransactionTable {
    /*
     * The transactions lie in chunks. A snapshot takes the list of chunks and raises the epoch; a chunk of an older epoch is
     * copied before it is written to. So a snapshot costs one reference a chunk, and what changes afterwards one small copy a
     * chunk. The alternative, copying all references, stops the engine for tens of milliseconds with a million transactions; a
     * persistent tree makes every change dearer than that.
     */
    private static final int CHUNK = 512;

    private static final class Chunk {
        final @Nullable Transaction[] items;
        final long epoch;

        Chunk(@Nullable Transaction[] items, long epoch) {
            this.items = items;
            this.epoch = epoch;
        }
    }

    private final TreeMap<TransactionId, Integer> places = new TreeMap<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final List<Chunk> chunks = new ArrayList<>();
    private long epoch;

    int size() {
        return places.size();
    }

    @Nullable
    Transaction get(TransactionId id) {
        Integer place = places.get(id);
        return place == null ? null : chunks.get(place / CHUNK).items[place % CHUNK];
    }

    /** Puts a transaction in place of the one with its id, if there is one. */
    void put(Transaction transaction) {
        Integer place = places.get(transaction.id());
        if (place == null) {
            place = free.isEmpty() ? grow() : free.pop();
            places.put(transaction.id(), place);
        }
        set(place, transaction);
    }

    void remove(TransactionId id) {
        Integer place = places.remove(id);
        if (place != null) {
            set(place, null);
            free.push(place);
        }
    }

    /** Those that come before an id, the last first. */
    Iterable<Transaction> before(long id) {
        if (id < 1) {
            return List.of();
        }
        NavigableMap<TransactionId, Integer> rest =
                places.headMap(new TransactionId(id), false).descendingMap();
        return () -> rest.values().stream()
                .map(place -> chunks.get(place / CHUNK).items[place % CHUNK])
                .filter(Objects::nonNull)
                .iterator();
    }

    /** All, as they are now; to be looked at later, on another thread. */
    Frozen freeze() {
        epoch++;
        return new Frozen(chunks.stream().map(chunk -> chunk.items).toList());
    }

    private int grow() {
        int first = chunks.size() * CHUNK;
        chunks.add(new Chunk(new @Nullable Transaction[CHUNK], epoch));
        for (int place = first + CHUNK - 1; place > first; place--) {
            free.push(place);
        }
        return first;
    }

    private void set(int place, @Nullable Transaction transaction) {
        var chunk = chunks.get(place / CHUNK);
        if (chunk.epoch < epoch) {
            chunk = new Chunk(Arrays.copyOf(chunk.items, CHUNK), epoch);
            chunks.set(place / CHUNK, chunk);
        }
        chunk.items[place % CHUNK] = transaction;
    }

    /** The transactions at one moment. */
    static final class Frozen {
        private final List<@Nullable Transaction[]> chunks;

        private Frozen(List<@Nullable Transaction[]> chunks) {
            this.chunks = chunks;
        }

        List<Transaction> inOrder() {
            List<Transaction> all = new ArrayList<>();
            for (@Nullable Transaction[] chunk : chunks) {
                for (Transaction transaction : chunk) {
                    if (transaction != null) {
                        all.add(transaction);
                    }
                }
            }
            all.sort(Comparator.comparing(Transaction::id));
            return all;
        }
    }
}
