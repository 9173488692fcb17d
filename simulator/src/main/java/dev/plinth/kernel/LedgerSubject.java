package dev.plinth.kernel;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/** Accounts, holds that end by themselves and payments: the kernel's own engine, which looks at how it is fed. */
public final class LedgerSubject implements Subject<Ledger, Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> {
    private static final List<String> ACCOUNTS = List.of("anna", "bela", "carl", "dora");

    /** A life of it. */
    public static Simulation<?, ?, ?, ?, ?> life(Simulation.Shape shape, long seed, List<Fault> schedule) {
        return new Simulation<>(new LedgerSubject(), shape, seed, schedule);
    }

    private final Map<Long, Ledger.Outcome> acknowledged = new HashMap<>();
    private final List<Long> neverHappened = new ArrayList<>();
    private long numbers;

    @Override
    public Ledger engine() {
        return new Ledger();
    }

    @Override
    public Codecs<Ledger.Command, Ledger.Outcome, Ledger.Payment> codecs() {
        return Ledger.CODECS;
    }

    @Override
    public Optional<Ask<Ledger, Ledger.Command, Ledger.Outcome>> next(RandomGenerator random, boolean calm) {
        if (calm) {
            return Optional.empty();
        }
        if (random.nextInt(8) == 0) {
            return Optional.of(new Ask.Query<>(Ledger::lastIndex, _ -> {}));
        }
        var command = command(random);
        return Optional.of(new Ask.Command<>(
                command,
                outcome -> acknowledged.put(command.number(), outcome),
                () -> neverHappened.add(command.number())));
    }

    private Ledger.Command command(RandomGenerator random) {
        numbers++;
        long amount = random.nextLong(1, 21);
        var account = ACCOUNTS.get(random.nextInt(ACCOUNTS.size()));
        return switch (random.nextInt(6)) {
            case 0, 1 -> new Ledger.Deposit(numbers, account, amount);
            case 2, 3 -> new Ledger.Transfer(numbers, account, ACCOUNTS.get(random.nextInt(ACCOUNTS.size())), amount);
            case 4 -> new Ledger.Hold(numbers, account, amount, Duration.ofMillis(random.nextInt(2_000)));
            default -> new Ledger.Pay(numbers, account, amount);
        };
    }

    @Override
    public Optional<Ledger.Command> answer(Ledger.Payment payment, RandomGenerator random, boolean calm) {
        return switch (random.nextInt(calm ? 3 : 5)) {
            case 0, 1 -> Optional.of(new Ledger.Settled(payment.number(), Ledger.Settlement.PAID));
            case 2 -> Optional.of(new Ledger.Settled(payment.number(), Ledger.Settlement.DECLINED));
            case 3 -> Optional.of(new Ledger.Settled(payment.number(), Ledger.Settlement.BUSY));
            default -> Optional.empty();
        };
    }

    @Override
    public void check(Ledger engine, Instant now) {
        for (var account : ACCOUNTS) {
            if (engine.balance(account) < 0) {
                throw new AssertionError(account + " has " + engine.balance(account));
            }
        }
    }

    @Override
    public Object visible(Ledger engine) {
        return List.of(
                ACCOUNTS.stream().map(engine::balance).toList(),
                engine.holds(),
                engine.openPayments(),
                engine.lastIndex());
    }

    @Override
    public Set<String> states(Ledger engine) {
        var states = new TreeSet<String>();
        if (engine.holds() > 0) {
            states.add("hold open");
        }
        if (engine.openPayments() > 0) {
            states.add("payment open");
        }
        return states;
    }

    @Override
    public boolean atRest(Ledger engine) {
        return engine.holds() == 0 && engine.openPayments() == 0;
    }

    @Override
    public void checkEnd(Ledger engine) {
        var tookPlaceAt = engine.tookPlaceAt();
        acknowledged.forEach((number, outcome) -> {
            if (tookPlaceAt.getOrDefault(number, 0L) != outcome.index()) {
                throw new AssertionError("command " + number + " was acknowledged at " + outcome.index()
                        + " and took place at " + tookPlaceAt.get(number));
            }
        });
        neverHappened.forEach(number -> {
            if (tookPlaceAt.containsKey(number)) {
                throw new AssertionError(
                        "command " + number + " was refused and took place at " + tookPlaceAt.get(number));
            }
        });
    }
}
