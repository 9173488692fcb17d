package dev.plinth.bank.driver;

import dev.plinth.bank.ShardRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/** Draws SmallBank's operations: which one, on whom, how much. Immutable; the randomness is the caller's. */
public final class Workload {
    /*
     * SmallBank's skew is a hot spot: most accesses go to a few customers, all of them equally. The hot customers are the
     * first ones of each cell, and each cell has its part of them. Payer and payee are drawn
     * independently, so with 90 % of the accesses to 100 of 10,000 customers, 81 % of the transfers are between two hot ones.
     */
    private static final long CENTS_MIN = 100;
    private static final long CENTS_MAX = 1_000;
    /** For a payee who is not the payer; with one hot customer and a hot share of 1, drawing again would never end. */
    private static final int DRAWS_MAX = 8;

    /**
     * What is drawn.
     *
     * @param customers they are numbered from 1
     * @param cells the cells' names and shards
     * @param hotCustomers how many customers are hot
     * @param hotShare the share of accesses that go to hot customers, 0 to 1
     * @param crossCellShare the share of transfers whose payee is in another cell, 0 to 1
     */
    public record Shape(
            Mix mix,
            long customers,
            Map<String, ShardRange> cells,
            long hotCustomers,
            double hotShare,
            double crossCellShare) {
        public Shape {
            if (customers < 1) {
                throw new IllegalArgumentException("customers: " + customers + " is less than 1");
            }
            if (hotCustomers < 1 || hotCustomers > customers) {
                throw new IllegalArgumentException("hotCustomers: " + hotCustomers + " is not within 1.." + customers);
            }
            requireShare("hotShare", hotShare);
            requireShare("crossCellShare", crossCellShare);
            cells = new LinkedHashMap<>(cells);
        }

        private static void requireShare(String name, double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException(name + ": " + share + " is not within 0..1");
            }
        }
    }

    /** The customers of one cell. */
    private static final class Population {
        private final long[] hot;
        private final long[] cold;

        Population(long[] hot, long[] cold) {
            this.hot = hot;
            this.cold = cold;
        }

        int size() {
            return hot.length + cold.length;
        }

        long anybodyBut(long customer) {
            return LongStream.concat(LongStream.of(hot), LongStream.of(cold))
                    .filter(other -> other != customer)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private final Shape shape;
    private final List<Population> populations;
    private final Population everybody;

    public Workload(Shape shape) {
        requireOneOwnerOfEachShard(shape);
        if (shape.crossCellShare() > 0 && shape.cells().size() < 2) {
            throw new IllegalArgumentException("crossCellShare: needs at least two cells, not " + shape.cells());
        }
        this.shape = shape;
        this.populations = new ArrayList<>();
        shape.cells().forEach((cell, shards) -> populations.add(population(cell, shards)));
        this.everybody = new Population(
                populations.stream()
                        .flatMapToLong(cell -> LongStream.of(cell.hot))
                        .toArray(),
                populations.stream()
                        .flatMapToLong(cell -> LongStream.of(cell.cold))
                        .toArray());
    }

    /** The cell's customers; as many of them are hot as is the cell's part of all customers, to the nearest whole one. */
    private Population population(String cell, ShardRange shards) {
        long[] customers = LongStream.rangeClosed(1, shape.customers())
                .filter(shards::contains)
                .toArray();
        if (customers.length < 2) {
            throw new IllegalArgumentException(
                    "cell " + cell + ": fewer than two of " + shape.customers() + " customers");
        }
        int before = populations.stream().mapToInt(Population::size).sum();
        int hotBefore = populations.stream().mapToInt(other -> other.hot.length).sum();
        int hot = (int) (Math.round((double) shape.hotCustomers() * (before + customers.length) / shape.customers())
                - hotBefore);
        return new Population(Arrays.copyOf(customers, hot), Arrays.copyOfRange(customers, hot, customers.length));
    }

    private static void requireOneOwnerOfEachShard(Shape shape) {
        for (int shard = 0; shard < ShardRange.SHARDS; shard++) {
            long owned = shard;
            long owners = shape.cells().values().stream()
                    .filter(range -> range.contains(owned))
                    .count();
            if (owners != 1) {
                throw new IllegalArgumentException(
                        "cells: shard " + shard + " belongs to " + owners + " of " + shape.cells() + ", not to one");
            }
        }
    }

    boolean isHot(long customer) {
        return LongStream.of(everybody.hot).anyMatch(hot -> hot == customer);
    }

    Operation next(RandomGenerator random) {
        Mix mix = shape.mix();
        int die = random.nextInt(100);
        long customer = draw(everybody, random);
        if ((die -= mix.balance()) < 0) {
            return new Operation.Balance(customer);
        }
        if ((die -= mix.depositChecking()) < 0) {
            return new Operation.DepositChecking(customer, cents(random));
        }
        if ((die -= mix.transactSavings()) < 0) {
            return new Operation.TransactSavings(customer, random.nextBoolean() ? cents(random) : -cents(random));
        }
        if ((die -= mix.amalgamate()) < 0) {
            return new Operation.Amalgamate(customer, payee(customer, random));
        }
        if ((die -= mix.writeCheck()) < 0) {
            return new Operation.WriteCheck(customer, cents(random));
        }
        return new Operation.SendPayment(customer, payee(customer, random), cents(random));
    }

    private long payee(long payer, RandomGenerator random) {
        int home = home(payer);
        boolean crosses = random.nextDouble() < shape.crossCellShare();
        int other = crosses ? (home + 1 + random.nextInt(populations.size() - 1)) % populations.size() : home;
        Population population = populations.get(other);
        long payee = draw(population, random);
        for (int attempt = 1; payee == payer && attempt < DRAWS_MAX; attempt++) {
            payee = draw(population, random);
        }
        return payee == payer ? population.anybodyBut(payer) : payee;
    }

    private int home(long customer) {
        int index = 0;
        for (ShardRange shards : shape.cells().values()) {
            if (shards.contains(customer)) {
                return index;
            }
            index++;
        }
        throw new IllegalStateException("customer " + customer + " belongs to none of " + shape.cells());
    }

    private long draw(Population population, RandomGenerator random) {
        boolean hot =
                population.cold.length == 0 || (population.hot.length > 0 && random.nextDouble() < shape.hotShare());
        long[] group = hot ? population.hot : population.cold;
        return group[random.nextInt(group.length)];
    }

    private static long cents(RandomGenerator random) {
        return random.nextLong(CENTS_MIN, CENTS_MAX + 1);
    }
}
