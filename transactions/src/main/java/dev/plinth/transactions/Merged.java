package dev.plinth.transactions;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What all partitions answer, as one answer. */
final class Merged {
    /*
     * The newest first, of several partitions: an id begins with its partition, so ids of two do not compare. A rank does: the number
     * that grows inside a partition, which begins with the time, and the partition after it. Of a page, only what no partition has
     * passed over yet may be shown: one that looked at a bounded number says how far it came.
     */
    private static final long SEQUENCE_MASK = (1L << TransactionId.SEQUENCE_BITS) - 1;

    private Merged() {}

    static <R> CompletableFuture<List<R>> all(
            CoordinatorPartition[] partitions, Function<CoordinatorPartition, CompletableFuture<R>> ask) {
        var asked = new ArrayList<CompletableFuture<R>>();
        for (CoordinatorPartition partition : partitions) {
            asked.add(ask.apply(partition));
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                .thenApply(_ -> asked.stream().map(CompletableFuture::join).toList());
    }

    static TransactionCounts counts(List<TransactionCounts> each) {
        return each.stream()
                .reduce(
                        new TransactionCounts(0, 0, 0, 0),
                        (one, other) -> new TransactionCounts(
                                one.live() + other.live(),
                                one.unsettled() + other.unsettled(),
                                one.locks() + other.locks(),
                                one.unrecorded() + other.unrecorded()));
    }

    /** The order of all ids by when they were given out, the partition among those of the same number. */
    static long rank(long id) {
        return ((id & SEQUENCE_MASK) << TransactionId.PARTITION_BITS) | (id >>> TransactionId.SEQUENCE_BITS);
    }

    /** The first id of a partition that does not come before a rank: what is before it comes before the rank. */
    static long bound(int partition, long rank) {
        long sequence = rank >>> TransactionId.PARTITION_BITS;
        boolean after = partition < (rank & (TransactionId.PARTITIONS_MAX - 1));
        return ((long) partition << TransactionId.SEQUENCE_BITS) + Math.min(sequence + (after ? 1 : 0), SEQUENCE_MASK);
    }

    static CompletableFuture<TransactionPage> live(
            CoordinatorPartition[] partitions, TransactionFilter filter, OptionalLong from, int limit) {
        long below = from.orElse(Long.MAX_VALUE);
        var numbers = new ArrayList<CompletableFuture<TransactionPage>>();
        for (int number = 0; number < partitions.length; number++) {
            long bound = bound(number, below);
            numbers.add(partitions[number].read(engine -> engine.live(filter, bound, limit)));
        }
        return CompletableFuture.allOf(numbers.toArray(CompletableFuture[]::new))
                .thenApply(
                        _ -> page(numbers.stream().map(CompletableFuture::join).toList(), limit));
    }

    static TransactionPage page(List<TransactionPage> each, int limit) {
        long shownFrom = each.stream()
                .filter(page -> page.next().isPresent())
                .mapToLong(page -> rank(page.next().getAsLong()))
                .max()
                .orElse(Long.MIN_VALUE);
        var shown = each.stream()
                .flatMap(page -> page.transactions().stream())
                .filter(view -> rank(view.id().value()) >= shownFrom)
                .sorted(Comparator.comparingLong(
                                (TransactionView view) -> rank(view.id().value()))
                        .reversed())
                .limit(limit)
                .toList();
        if (shown.size() == limit) {
            return new TransactionPage(
                    shown, OptionalLong.of(rank(shown.getLast().id().value())));
        }
        return new TransactionPage(
                shown, shownFrom == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(shownFrom));
    }
}
