package dev.plinth.kernel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The engine of the kernel's simulations: accounts, holds that end by themselves, and payments that somebody outside has to make.
 * It checks its own feeding: an entry that comes twice, out of order or with an older stamp breaks it.
 */
final class Ledger implements Engine<Ledger.Command, Ledger.Outcome, Ledger.Payment, Long> {

    /** Each command has a number that is used once, so that a doubled one shows. */
    sealed interface Command {
        long number();
    }

    record Deposit(long number, String account, long amount) implements Command {}

    record Transfer(long number, String from, String to, long amount) implements Command {}

    /** Takes an amount aside; when the time has passed, a tick gives it back. */
    record Hold(long number, String account, long amount, Duration time) implements Command {}

    /** Takes an amount and has it paid outside. */
    record Pay(long number, String account, long amount) implements Command {}

    /** What came of a payment. */
    record Settled(long number, Settlement settlement) implements Command {}

    enum Settlement {
        PAID,
        DECLINED,
        /** Not yet: leave it open. */
        BUSY
    }

    /** Breaks the engine. */
    record Break(long number) implements Command {}

    /** @param index where the command took place */
    record Outcome(long index, boolean done, long balance) {}

    record Payment(long number, String account, long amount) {}

    private record Held(String account, long amount, Instant until) {}

    static final Codecs<Command, Outcome, Payment> CODECS =
            new Codecs<>(new CommandCodec(), new OutcomeCodec(), new PaymentCodec());

    private final TreeMap<String, Long> balances = new TreeMap<>();
    private final TreeMap<Long, Held> holds = new TreeMap<>();
    private final TreeMap<Long, Long> effects = new TreeMap<>();
    private final TreeMap<Long, Long> tookPlaceAt = new TreeMap<>();
    private long deposited;
    private long paid;
    private long lastIndex;
    private Instant lastStamp = Instant.EPOCH;

    long lastIndex() {
        return lastIndex;
    }

    long balance(String account) {
        return balances.getOrDefault(account, 0L);
    }

    int openPayments() {
        return effects.size();
    }

    int holds() {
        return holds.size();
    }

    /** Where each command took place, by its number. */
    Map<Long, Long> tookPlaceAt() {
        return Map.copyOf(tookPlaceAt);
    }

    @Override
    public Outcome apply(Command command, Context<Payment> context) {
        check(context);
        long index = context.revision().index();
        if (command instanceof Settled settled) {
            settle(settled, context);
            return new Outcome(index, true, 0);
        }
        if (tookPlaceAt.put(command.number(), index) != null) {
            throw new IllegalStateException("command " + command.number() + " took place before");
        }
        return switch (command) {
            case Deposit deposit -> {
                deposited += deposit.amount();
                yield new Outcome(index, true, add(deposit.account(), deposit.amount(), context));
            }
            case Transfer transfer -> {
                boolean covered = balance(transfer.from()) >= transfer.amount();
                if (covered) {
                    add(transfer.from(), -transfer.amount(), context);
                    add(transfer.to(), transfer.amount(), context);
                }
                yield new Outcome(index, covered, balance(transfer.from()));
            }
            case Hold(long number, var account, long amount, var time) -> {
                boolean covered = balance(account) >= amount;
                if (covered) {
                    add(account, -amount, context);
                    holds.put(number, new Held(account, amount, context.now().plus(time)));
                }
                yield new Outcome(index, covered, balance(account));
            }
            case Pay(long number, var account, long amount) -> {
                boolean covered = balance(account) >= amount;
                if (covered) {
                    add(account, -amount, context);
                    effects.put(
                            number,
                            context.open(new Payment(number, account, amount)).value());
                }
                yield new Outcome(index, covered, balance(account));
            }
            case Break _ -> throw new IllegalStateException("as asked");
            case Settled _ -> throw new IllegalStateException("settled before");
        };
    }

    private void settle(Settled settled, Context<Payment> context) {
        Long effect = effects.get(settled.number());
        if (effect == null) {
            throw new IllegalStateException("payment " + settled.number() + " is not open");
        }
        if (settled.settlement() == Settlement.BUSY) {
            return;
        }
        context.close(new EffectId(effect));
        effects.remove(settled.number());
        if (settled.settlement() == Settlement.PAID) {
            paid++;
        }
    }

    private long add(String account, long amount, Context<Payment> context) {
        context.changed(account);
        return balances.merge(account, amount, Long::sum);
    }

    private void check(Context<Payment> context) {
        if (context.revision().index() <= lastIndex) {
            throw new IllegalStateException("entry " + context.revision() + " after " + lastIndex);
        }
        if (context.now().isBefore(lastStamp)) {
            throw new IllegalStateException("stamp " + context.now() + " after " + lastStamp);
        }
        lastIndex = context.revision().index();
        lastStamp = context.now();
    }

    @Override
    public void tick(Context<Payment> context) {
        check(context);
        var due = holds.entrySet().stream()
                .filter(hold -> !hold.getValue().until().isAfter(context.now()))
                // Not the map's entries: a tree's entry is another one after a removal.
                .map(Map.Entry::getKey)
                .toList();
        if (due.isEmpty()) {
            throw new IllegalStateException("a tick and nothing is due");
        }
        for (long number : due) {
            var hold = holds.remove(number);
            if (hold != null) {
                add(hold.account(), hold.amount(), context);
            }
        }
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return holds.values().stream().map(Held::until).min(Instant::compareTo);
    }

    @Override
    public Optional<Long> view(String key) {
        return Optional.ofNullable(balances.get(key));
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return balances.tailMap(after, false).keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .limit(limit)
                .toList();
    }

    @Override
    public Snapshot snapshot() {
        var balancesNow = new TreeMap<>(balances);
        var holdsNow = new TreeMap<>(holds);
        var effectsNow = new TreeMap<>(effects);
        var tookPlaceNow = new TreeMap<>(tookPlaceAt);
        long depositedNow = deposited;
        long paidNow = paid;
        long index = lastIndex;
        var stamp = lastStamp;
        return out -> {
            var data = new DataOutputStream(out);
            data.writeLong(depositedNow);
            data.writeLong(paidNow);
            data.writeLong(index);
            Stamps.write(data, stamp);
            data.writeInt(balancesNow.size());
            for (var balance : balancesNow.entrySet()) {
                data.writeUTF(balance.getKey());
                data.writeLong(balance.getValue());
            }
            data.writeInt(holdsNow.size());
            for (var hold : holdsNow.entrySet()) {
                data.writeLong(hold.getKey());
                data.writeUTF(hold.getValue().account());
                data.writeLong(hold.getValue().amount());
                Stamps.write(data, hold.getValue().until());
            }
            for (var numbers : List.of(effectsNow, tookPlaceNow)) {
                data.writeInt(numbers.size());
                for (var number : numbers.entrySet()) {
                    data.writeLong(number.getKey());
                    data.writeLong(number.getValue());
                }
            }
            data.flush();
        };
    }

    @Override
    public void restore(InputStream state) throws IOException {
        var data = new DataInputStream(state);
        deposited = data.readLong();
        paid = data.readLong();
        lastIndex = data.readLong();
        lastStamp = Stamps.read(data);
        for (int count = data.readInt(); count > 0; count--) {
            balances.put(data.readUTF(), data.readLong());
        }
        for (int count = data.readInt(); count > 0; count--) {
            holds.put(data.readLong(), new Held(data.readUTF(), data.readLong(), Stamps.read(data)));
        }
        for (var numbers : List.of(effects, tookPlaceAt)) {
            for (int count = data.readInt(); count > 0; count--) {
                numbers.put(data.readLong(), data.readLong());
            }
        }
    }

    private static ByteBuffer text(ByteBuffer to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return to.put((byte) bytes.length).put(bytes);
    }

    private static String text(ByteBuffer from) {
        byte[] bytes = new byte[from.get()];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer from) {
        byte[] bytes = new byte[from.flip().remaining()];
        from.get(bytes);
        return bytes;
    }

    private static final class CommandCodec implements Codec<Command> {
        @Override
        public byte[] encode(Command command) {
            var to = ByteBuffer.allocate(128);
            switch (command) {
                case Deposit(long number, var account, long amount) ->
                    text(to.put((byte) 1).putLong(number).putLong(amount), account);
                case Transfer(long number, var from, var into, long amount) ->
                    text(text(to.put((byte) 2).putLong(number).putLong(amount), from), into);
                case Hold(long number, var account, long amount, var time) ->
                    text(to.put((byte) 3).putLong(number).putLong(amount), account)
                            .putLong(time.toNanos());
                case Pay(long number, var account, long amount) ->
                    text(to.put((byte) 4).putLong(number).putLong(amount), account);
                case Settled(long number, var settlement) ->
                    text(to.put((byte) 5).putLong(number).putLong(0), settlement.name());
                case Break(long number) -> to.put((byte) 6).putLong(number).putLong(0);
            }
            return bytes(to);
        }

        @Override
        public Command decode(ByteBuffer from) {
            int kind = from.get();
            long number = from.getLong();
            long amount = from.getLong();
            return switch (kind) {
                case 1 -> new Deposit(number, text(from), amount);
                case 2 -> new Transfer(number, text(from), text(from), amount);
                case 3 -> new Hold(number, text(from), amount, Duration.ofNanos(from.getLong()));
                case 4 -> new Pay(number, text(from), amount);
                case 5 -> new Settled(number, Settlement.valueOf(text(from)));
                case 6 -> new Break(number);
                default -> throw new IllegalArgumentException("command kind " + kind);
            };
        }
    }

    private static final class OutcomeCodec implements Codec<Outcome> {
        @Override
        public byte[] encode(Outcome outcome) {
            return bytes(ByteBuffer.allocate(17)
                    .putLong(outcome.index())
                    .put((byte) (outcome.done() ? 1 : 0))
                    .putLong(outcome.balance()));
        }

        @Override
        public Outcome decode(ByteBuffer from) {
            return new Outcome(from.getLong(), from.get() == 1, from.getLong());
        }
    }

    private static final class PaymentCodec implements Codec<Payment> {
        @Override
        public byte[] encode(Payment payment) {
            return bytes(text(
                    ByteBuffer.allocate(64).putLong(payment.number()).putLong(payment.amount()), payment.account()));
        }

        @Override
        public Payment decode(ByteBuffer from) {
            long number = from.getLong();
            long amount = from.getLong();
            return new Payment(number, text(from), amount);
        }
    }
}
