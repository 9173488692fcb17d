package dev.plinth.bench.transactions;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The work of {@code ./plinth bench contention}, the same for both sides: threads that move money between accounts, a few of which
 * nearly everybody wants.
 *
 * <p>For each line {@code round <threads> <millis>} on standard input there is one round, and a line
 * {@code ROUND <committed> <rolled back> <unknown> <nanoseconds> <p50 ns> <p99 ns>}; for {@code moved} a line {@code MOVED} with what
 * committed transfers have added to each account since the start.
 */
public final class Transfers {
    /*
     * Which account is how popular is drawn once, the same for all: Zipf's law with exponent 1, the most popular of a thousand is in
     * a quarter of all transfers. Of two accounts the one with the smaller number is changed first, as everybody does who does not
     * want to meet himself; popularity has nothing to do with numbers.
     *
     * Needs the JDK alone, for it runs on Seata's class path too.
     */
    static final int ACCOUNTS = 1_000;

    private static final int AMOUNT_MAX = 100;
    private static final int LATENCIES_MAX = 4_000_000;
    private static final long SEED_OF_POPULARITY = 1;

    /** How a transfer ended. */
    public enum End {
        COMMITTED,
        ROLLED_BACK,
        UNKNOWN
    }

    /** One transfer as a global transaction of two branches: takes an amount from one account and adds it to another, in this order. */
    @FunctionalInterface
    public interface Bank {
        End transfer(int from, int to, int amount) throws Exception;
    }

    private final Bank bank;
    private final int[] byPopularity;
    private final double[] upTo;
    private final AtomicIntegerArray moved = new AtomicIntegerArray(ACCOUNTS + 1);
    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong rolledBack = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();
    private final long[] latencies = new long[LATENCIES_MAX];
    private final AtomicLong measured = new AtomicLong();

    private Transfers(Bank bank) {
        this.bank = bank;
        var accounts = IntStream.rangeClosed(1, ACCOUNTS).boxed().collect(Collectors.toList());
        Collections.shuffle(accounts, new Random(SEED_OF_POPULARITY));
        byPopularity = accounts.stream().mapToInt(Integer::intValue).toArray();
        upTo = new double[ACCOUNTS];
        double sum = 0;
        for (int rank = 0; rank < ACCOUNTS; rank++) {
            sum += 1.0 / (rank + 1);
            upTo[rank] = sum;
        }
    }

    /** Does what standard input says, until it ends. */
    public static void serve(Bank bank) throws IOException, InterruptedException {
        var transfers = new Transfers(bank);
        System.out.println("READY");
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            var words = line.split(" ", -1);
            if (words[0].equals("round")) {
                transfers.round(Integer.parseInt(words[1]), Long.parseLong(words[2]) * 1_000_000);
            } else {
                System.out.println("MOVED "
                        + IntStream.rangeClosed(1, ACCOUNTS)
                                .mapToObj(account -> Integer.toString(transfers.moved.get(account)))
                                .collect(Collectors.joining(" ")));
            }
        }
    }

    private void round(int count, long nanos) throws InterruptedException {
        committed.set(0);
        rolledBack.set(0);
        unknown.set(0);
        measured.set(0);
        long start = System.nanoTime();
        var threads = new Thread[count];
        for (int i = 0; i < count; i++) {
            threads[i] = Thread.ofPlatform().start(() -> work(start + nanos));
        }
        for (var thread : threads) {
            thread.join();
        }
        long took = System.nanoTime() - start;
        var sorted = Arrays.copyOf(latencies, (int) Math.min(measured.get(), LATENCIES_MAX));
        Arrays.sort(sorted);
        System.out.println("ROUND " + committed + " " + rolledBack + " " + unknown + " " + took + " " + at(sorted, 0.5)
                + " " + at(sorted, 0.99));
    }

    private static long at(long[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) (share * (sorted.length - 1))];
    }

    private void work(long until) {
        var random = new SplittableRandom();
        while (System.nanoTime() < until) {
            int one = draw(random);
            int other = draw(random);
            if (one == other) {
                continue;
            }
            int amount = 1 + random.nextInt(AMOUNT_MAX);
            int from = Math.min(one, other);
            int to = Math.max(one, other);
            int signed = one < other ? amount : -amount;
            long began = System.nanoTime();
            End end;
            try {
                end = bank.transfer(from, to, signed);
            } catch (Exception e) {
                System.err.println("a transfer ended nobody knows how: " + e);
                end = End.UNKNOWN;
            }
            switch (end) {
                case COMMITTED -> committed(from, to, signed, System.nanoTime() - began);
                case ROLLED_BACK -> rolledBack.incrementAndGet();
                case UNKNOWN -> unknown.incrementAndGet();
            }
        }
    }

    private void committed(int from, int to, int amount, long nanos) {
        committed.incrementAndGet();
        moved.addAndGet(from, -amount);
        moved.addAndGet(to, amount);
        long place = measured.getAndIncrement();
        if (place < LATENCIES_MAX) {
            latencies[(int) place] = nanos;
        }
    }

    private int draw(SplittableRandom random) {
        int rank = Arrays.binarySearch(upTo, random.nextDouble() * upTo[ACCOUNTS - 1]);
        return byPopularity[Math.min(rank < 0 ? -rank - 1 : rank, ACCOUNTS - 1)];
    }
}
