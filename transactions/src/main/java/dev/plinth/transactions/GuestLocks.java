package dev.plinth.transactions;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.EffectId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The rows that are at home in this partition and that branches of other partitions' transactions hold. */
final class GuestLocks {
    /*
     * A guest's own partition frees its rows by an effect. But what took them may have been sent twice, by a leader that was deposed
     * and did not know it, and may come after that: then nobody would ever free them. So a guest in whose way somebody comes, or who
     * has stayed for long, is asked about at its own partition. A branch is there before its rows are first taken, its id never comes
     * back, and once it holds nothing it never will again; so the answer "gone" is final, however late it comes, and the rows are free.
     *
     * The alternative, to remember here who was freed and let nobody in twice, would have to remember for ever.
     */

    /** A guest in whose way nobody came is asked about after so long, and again. */
    static final Duration CHECK_AFTER = Duration.ofSeconds(30);

    /** A guest in whose way many come is asked about so often. */
    static final Duration ASK_SPACING = Duration.ofSeconds(1);

    /**
     * What one branch holds.
     *
     * @param rollingBack whether its transaction said so
     * @param askedAt when it was asked about last; long ago if never
     * @param checkAt when it is asked about if nobody comes in its way
     * @param effect the open question about it, 0 if there is none
     */
    record Guest(
            TransactionId transaction,
            long branchId,
            String resourceId,
            List<LockKey> lockKeys,
            boolean rollingBack,
            Instant askedAt,
            Instant checkAt,
            long effect) {
        Guest {
            lockKeys = List.copyOf(lockKeys);
        }

        private Key key() {
            return new Key(transaction, branchId);
        }

        private Guest asked(Instant now, long question) {
            return new Guest(transaction, branchId, resourceId, lockKeys, rollingBack, now, checkAt, question);
        }

        private Guest told(boolean goesBack, Instant nextCheck) {
            return new Guest(transaction, branchId, resourceId, lockKeys, goesBack, askedAt, nextCheck, 0);
        }
    }

    private record Key(TransactionId transaction, long branchId) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byTransaction = transaction.compareTo(other.transaction);
            return byTransaction != 0 ? byTransaction : Long.compare(branchId, other.branchId);
        }
    }

    private record Check(Instant at, Key guest) implements Comparable<Check> {
        private static final Comparator<Check> ORDER =
                Comparator.comparing(Check::at).thenComparing(Check::guest);

        @Override
        public int compareTo(Check other) {
            return ORDER.compare(this, other);
        }
    }

    private final TreeMap<Key, Guest> guests = new TreeMap<>();
    private final TreeSet<Check> checks = new TreeSet<>();

    @Nullable
    Guest find(TransactionId transaction, long branchId) {
        return guests.get(new Key(transaction, branchId));
    }

    Collection<Guest> all() {
        return guests.values();
    }

    Guest came(Effect.TakeLocks taken, Instant now) {
        var guest = new Guest(
                taken.transaction(),
                taken.branchId(),
                taken.resourceId(),
                taken.lockKeys(),
                false,
                Instant.EPOCH,
                now.plus(CHECK_AFTER),
                0);
        put(guest);
        return guest;
    }

    /** A new one, or one in place of its former self. */
    void put(Guest guest) {
        var before = guests.put(guest.key(), guest);
        if (before != null) {
            checks.remove(new Check(before.checkAt(), before.key()));
        }
        if (guest.effect() == 0) {
            checks.add(new Check(guest.checkAt(), guest.key()));
        }
    }

    void left(Guest guest, Context<Effect> context) {
        guests.remove(guest.key());
        checks.remove(new Check(guest.checkAt(), guest.key()));
        if (guest.effect() != 0) {
            context.close(new EffectId(guest.effect()));
        }
    }

    /** Somebody wants a row that a transaction holds: whoever of it has the row is asked about, unless just now. */
    void inTheWay(TransactionId holder, String resourceId, LockKey key, Context<Effect> context) {
        for (Guest guest : of(holder)) {
            boolean justNow = guest.askedAt().plus(ASK_SPACING).isAfter(context.now());
            if (guest.effect() == 0
                    && !justNow
                    && guest.resourceId().equals(resourceId)
                    && guest.lockKeys().contains(key)) {
                ask(guest, context);
            }
        }
    }

    private Collection<Guest> of(TransactionId transaction) {
        return List.copyOf(guests.subMap(new Key(transaction, Long.MIN_VALUE), new Key(transaction, Long.MAX_VALUE))
                .values());
    }

    boolean rollingBack(TransactionId transaction) {
        return of(transaction).stream().anyMatch(Guest::rollingBack);
    }

    private void ask(Guest guest, Context<Effect> context) {
        var question = context.open(new Effect.AskHolder(guest.transaction(), guest.branchId()));
        put(guest.asked(context.now(), question.value()));
    }

    /** Its partition says that it holds its rows still. Returns it as it is now. */
    Guest stays(Guest guest, boolean rollingBack, Context<Effect> context) {
        context.close(new EffectId(guest.effect()));
        var told = guest.told(rollingBack, context.now().plus(CHECK_AFTER));
        put(told);
        return told;
    }

    Optional<Instant> firstCheck() {
        return checks.isEmpty() ? Optional.empty() : Optional.of(checks.first().at());
    }

    /** Asks about those who have stayed for long, at most so many. */
    void check(int limit, Context<Effect> context) {
        List<Guest> due = new ArrayList<>();
        for (Check check : checks) {
            if (due.size() == limit || check.at().isAfter(context.now())) {
                break;
            }
            var guest = guests.get(check.guest());
            if (guest != null) {
                due.add(guest);
            }
        }
        due.forEach(guest -> ask(guest, context));
    }
}
